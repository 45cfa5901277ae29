// Line charts in SVG for the theory lab: axes, ticks, lines and marks as one string of markup. Colours are classes of
// lab.css, so that charts follow the theme by themselves.
"use strict";

Object.assign(
  theoryLab,
  (() => {
    const MARGIN = { top: 8, right: 14, bottom: 38, left: 44 };
    const superscript = (power) => String(power).replace(/./g, (digit) => (digit === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]));

    // A number for people: three digits, grouped, powers of ten where they are shorter.
    function format(value) {
      const size = Math.abs(value);
      if (!Number.isFinite(value)) return "∞";
      if (Number.isInteger(value) && size < 1e7) return value.toLocaleString("en");
      if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
        const [digits, power] = value.toExponential(2).split("e");
        return `${Number(digits)}×10${superscript(Number(power))}`;
      }
      return Number(value.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 6 });
    }

    // Position on an axis {low, high, log}, in units of its length.
    const share = ({ low, high, log }, value) =>
      log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    const valueAt = ({ low, high, log }, at) => (log ? low * (high / low) ** at : low + (high - low) * at);

    // Ticks [value, label] at least `gap` pixels apart.
    function ticks({ low, high, log }, pixels, gap) {
      if (!log) {
        const step = [0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5].find((size) => (size / (high - low)) * pixels >= gap) ?? high - low;
        const count = Math.floor((high - low) / step + 1e-9) + 1;
        return Array.from({ length: count }, (_, i) => low + i * step).map((value) => [value, format(value)]);
      }
      const decades = Math.log10(high / low);
      const from = Math.ceil(Math.log10(low) - 1e-9);
      const to = Math.floor(Math.log10(high) + 1e-9);
      if (decades < 2.2) {
        const each = [];
        for (let power = from - 1; power <= to; power++)
          for (const digit of [1, 2, 5]) each.push(Number(`${digit}e${power}`));
        return each.filter((value) => value >= low && value <= high).map((value) => [value, format(value)]);
      }
      const stride = Math.ceil((gap * decades) / pixels);
      const powers = Array.from({ length: to - from + 1 }, (_, i) => from + i).filter((power) => power % stride === 0);
      return powers.map((power) => [10 ** power, power === 0 ? "1" : power === 1 ? "10" : `10${superscript(power)}`]);
    }

    // Markup of a chart `width` pixels wide. x, y: axes {low, high, log, label}; xs: abscissae of all lines;
    // lines: {tone, dash, ys}; marks: {tone, x, y}. What leaves the frame is cut off.
    function chart(width, { name, description, x, y, xs, lines, marks }) {
      const height = Math.round(Math.min(270, Math.max(200, width * 0.56)));
      const [left, top] = [MARGIN.left, MARGIN.top];
      const [inner, tall] = [width - left - MARGIN.right, height - top - MARGIN.bottom];
      const across = (value) => left + inner * share(x, value);
      const up = (value) => top + tall * (1 - share(y, value));
      const at = (number) => number.toFixed(1);
      const parts = [
        `<clipPath id="${name}-frame"><rect x="${left}" y="${top}" width="${inner}" height="${tall}"/></clipPath>`,
      ];
      for (const [value, label] of ticks(y, tall, 26)) {
        parts.push(
          `<line class="lab-grid" x1="${left}" x2="${left + inner}" y1="${at(up(value))}" y2="${at(up(value))}"/>`,
        );
        parts.push(
          `<text class="lab-tick" x="${left - 6}" y="${at(up(value))}" dy="0.32em" text-anchor="end">${label}</text>`,
        );
      }
      for (const [value, label] of ticks(x, inner, 48)) {
        parts.push(
          `<line class="lab-grid" x1="${at(across(value))}" x2="${at(across(value))}" y1="${top}" y2="${top + tall}"/>`,
        );
        parts.push(
          `<text class="lab-tick" x="${at(across(value))}" y="${top + tall + 15}" text-anchor="middle">${label}</text>`,
        );
      }
      parts.push(`<path class="lab-axis" d="M${left} ${top}V${top + tall}H${left + inner}"/>`);
      parts.push(`<text class="lab-label" x="${left + inner}" y="${height - 4}" text-anchor="end">${x.label}</text>`);
      parts.push(`<g clip-path="url(#${name}-frame)">`);
      for (const { tone, dash, ys } of lines) {
        // far outside the frame a line is clamped: SVG coordinates are single precision
        const points = Array.from(
          xs,
          (value, i) => `${at(across(value))} ${at(Math.max(-1e4, Math.min(1e4, up(ys[i]))))}`,
        );
        const known = points.filter((_, i) => !Number.isNaN(ys[i]));
        parts.push(
          `<path class="lab-line lab-${tone}"${dash ? ' stroke-dasharray="6 4"' : ""} d="M${known.join("L") || "0 0"}"/>`,
        );
      }
      parts.push("</g>");
      for (const { tone, x: value, y: height } of marks) {
        const [cx, cy] = [across(value), up(height)];
        if (cx >= left - 1 && cx <= left + inner + 1 && cy >= top - 1 && cy <= top + tall + 1) {
          parts.push(`<circle class="lab-mark lab-${tone}" cx="${at(cx)}" cy="${at(cy)}" r="3.5"/>`);
        }
      }
      parts.push(`<line class="lab-cursor" y1="${top}" y2="${top + tall}" visibility="hidden"/>`);
      const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
      return `<svg role="img" aria-label="${description}" ${size}>${parts.join("")}</svg>`;
    }

    // Index of the abscissa nearest to a horizontal pixel of a chart of this width, and that abscissa's own pixel.
    function nearest(pixel, width, x, xs) {
      const inner = width - MARGIN.left - MARGIN.right;
      const wanted = (pixel - MARGIN.left) / inner;
      let best = 0;
      for (let i = 0; i < xs.length; i++)
        if (Math.abs(share(x, xs[i]) - wanted) < Math.abs(share(x, xs[best]) - wanted)) best = i;
      return { index: best, pixel: MARGIN.left + inner * share(x, xs[best]) };
    }

    return { format, chart, nearest };
  })(),
);

// The theory lab: controls, numbers and charts in every element .theory-lab of the page. The laws are in theory.js,
// the spectra of images in spectra.js, the drawing in chart.js.
"use strict";

(() => {
  const { format, chart, nearest } = theoryLab;

  const even = (low, high, step) =>
    Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => Number((low + i * step).toFixed(6)));
  const grid = (low, high, count) => Array.from({ length: count }, (_, i) => low * (high / low) ** (i / (count - 1)));
  const percent = (value) => `${format(100 * value)} %`;

  // Numbers of two digits from low to high, evenly enough in the logarithm for a slider.
  function ladder(low, high) {
    const rungs = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
      for (let tens = 10; tens < 100; tens += tens < 20 ? 1 : tens < 30 ? 2 : 5)
        rungs.push(Number(`${tens}e${power - 1}`));
    }
    return rungs.filter((value) => value >= low && value <= high);
  }

  // ---- Settings: `views` that need one, spectra that have it (`of`); neither given, it is always there ----

  const SPECTRA = {
    patches: "Natural patches",
    "fashion-mnist": "Fashion-MNIST",
    digits: "Handwritten digits",
    power: "Power law",
    levels: "Two levels",
    equal: "Equal eigenvalues",
    own: "Your own eigenvalues",
  };
  const DIMS = [4, 8, 16, 32, 64, 128, 256, 512, 784, 1024, 2048, 3072, 4096];
  const SHARES = [0.001, 0.002, 0.005, ...even(0.01, 0.99, 0.01)];
  const DENOISER = ["kappa", "gain", "variance"];
  const SPECTRAL = [...DENOISER, "map"];
  const timeText = (tau) => (tau === Infinity ? "to the end" : format(tau));
  const SETTINGS = {
    spectrum: { label: "spectrum", options: SPECTRA, start: "patches", views: SPECTRAL },
    dim: { label: "dimension <i>d</i>", values: DIMS, start: 1024, of: ["power", "levels", "equal"], views: SPECTRAL },
    exponent: { label: "exponent", values: even(0, 3, 0.05), start: 1, of: ["power"], views: SPECTRAL },
    ratio: { label: "level ratio", values: ladder(1, 1e5), start: 100, of: ["levels"], views: SPECTRAL },
    share: { label: "upper modes", values: SHARES, start: 0.1, show: percent, of: ["levels"], views: SPECTRAL },
    own: {
      label: "eigenvalues, separated by spaces, commas or lines",
      start: "10, 4, 2, 1, 1, 0.5, 0.5, 0.1",
      of: ["own"],
      views: SPECTRAL,
    },
    n: { label: "images <i>n</i>", values: ladder(10, 1e6), start: 300 },
    sigma: { label: "noise level <i>σ</i>", values: ladder(1e-3, 100), start: 0.1, views: DENOISER },
    input: {
      label: "input",
      options: { typical: "typical noisy image", aligned: "along the mode alone" },
      start: "typical",
      views: ["variance"],
    },
    sampler: {
      label: "sampler",
      options: { heun: "Heun, EDM grid", exact: "exact equation" },
      start: "heun",
      views: ["map"],
    },
    steps: { label: "Heun steps", values: even(3, 80, 1), start: 18, views: ["map"] },
    time: {
      label: "training time <i>τ</i>",
      values: [...ladder(0.01, 1e4), Infinity],
      start: Infinity,
      show: timeText,
      views: ["map"],
    },
    target: { label: "target share", values: ladder(1e-3, 0.5), start: 0.1, show: percent, views: ["map"] },
    weight: { label: "left group", values: even(0.05, 0.95, 0.01), start: 0.5, show: percent, views: ["flips"] },
    spread: { label: "spread <i>s</i> of a group", values: ladder(0.02, 1), start: 0.2, views: ["flips"] },
  };
  const OF_HEUN = ["steps", "time"];
  const START = Object.fromEntries(Object.entries(SETTINGS).map(([key, { start }]) => [key, start]));

  // The settings that an address holds; what is missing or out of range stays as at the start.
  function fromAddress(hash) {
    const state = { ...START };
    for (const [key, text] of new URLSearchParams(hash.slice(1))) {
      const { options, values } = SETTINGS[key] ?? {};
      const number = Number(text);
      if (options?.[text] || key === "own") state[key] = text;
      if (text && number >= values?.[0] && number <= values.at(-1))
        state[key] = ["dim", "steps"].includes(key) ? Math.round(number) : number;
    }
    return state;
  }

  const toAddress = (state) =>
    `#${new URLSearchParams(Object.entries(state).filter(([key, value]) => value !== START[key]))}`;

  // Eigenvalues in a text, or an Error that says what is wrong with it.
  function readEigenvalues(text) {
    const words = text.split(/[\s,;]+/).filter(Boolean);
    const wrong = words.findIndex((word) => !(Number(word) === 0 || (Number(word) >= 1e-15 && Number(word) <= 1e6)));
    if (wrong >= 0)
      throw new Error(
        `Entry ${wrong + 1}, “${words[wrong].slice(0, 20)}”, is neither 0 nor a number from 10⁻¹⁵ to 10⁶.`,
      );
    if (!words.some((word) => Number(word) > 0)) throw new Error("At least one eigenvalue has to be above 0.");
    if (words.length > 20000) throw new Error(`At most 20,000 eigenvalues, got ${format(words.length)}.`);
    return words.map(Number);
  }

  function spectrumOf({ spectrum, dim, exponent, ratio, share, own }) {
    if (spectrum === "power") return theoryLab.powerLaw(dim, exponent);
    if (spectrum === "levels") return theoryLab.twoLevels(dim, ratio, share);
    if (spectrum === "equal") return theoryLab.compress([1], [dim]);
    if (spectrum === "own") return theoryLab.compress(readEigenvalues(own));
    const { nodes, weights, dim: pixels, range } = theoryLab.spectra[spectrum];
    return theoryLab.measure(nodes, weights, pixels, range);
  }

  // ---- What follows from them ----

  class Model {
    constructor(state, spectrum) {
      Object.assign(this, state);
      if (spectrum) this.of(state, spectrum);
    }

    of(state, spectrum) {
      Object.assign(this, {
        spectrum,
        sigma2: state.sigma ** 2,
        map: state.sampler === "exact" ? { steps: 0 } : { steps: state.steps, tau: state.time },
      });
      this.kappa = theoryLab.kappa(this.sigma2, spectrum, this.n);
      this.unrelated = (2 * spectrum.trace) / spectrum.dim; // MSE of two images that have nothing to do with each other
      const [low, high] = spectrum.range;
      const single = high / low < 1.01;
      this.modes = single ? grid(low / 5, high * 5, 97) : grid(low, high, 97);
      const room = single ? 10 : 1.2 * (high / low) ** 0.03;
      this.modeAxis = { low: low / room, high: high * room, log: true, label: "eigenvalue λ" };
    }

    get law() {
      this.sampling ??= theoryLab.samplingLaw(this.map, this.spectrum, this.n);
      return this.sampling;
    }

    // Of two groups in one dimension; known for all n at once.
    get flip() {
      const { weight, spread } = this;
      if (flips?.weight !== weight || flips.spread !== spread)
        flips = { weight, spread, law: theoryLab.flipLaw(weight, spread) };
      return flips.law;
    }

    get mse() {
      const { nodes, weights, dim } = this.spectrum;
      this.total ??= nodes.reduce((total, node, i) => total + weights[i] * this.law.difference(node), 0) / dim;
      return this.total;
    }
  }

  let flips; // the last law that was computed

  const SIZES = grid(10, 1e6, 21);
  const SEEDS = even(-3, 3, 0.05);
  const NOISES = grid(1e-6, 1e4, 81);

  // Generator of {mse, images}: MSE over SIZES, then the number of images at which it meets the target.
  function* forecast({ map, spectrum, unrelated, target }, mse = []) {
    for (const n of SIZES.slice(mse.length)) yield mse.push(theoryLab.crossSplit(map, spectrum, n));
    const aim = target * unrelated;
    const first = mse.findIndex((value) => value < aim);
    const bracket = first < 0 ? [SIZES.at(-1), 1e9] : [first ? SIZES[first - 1] : 2, SIZES[first]];
    return { mse, images: theoryLab.imagesFor(aim, map, spectrum, bracket) };
  }

  function imagesText(images) {
    if (images === undefined) return "…";
    if (images === 0) return "any number";
    return images === Infinity ? "over 10⁹" : format(images < 1e4 ? Math.ceil(images) : images);
  }

  // Axis of whole decades that holds the values, the `most` uppermost of them.
  function decades(most, curves) {
    const values = curves.flat().filter((value) => value > 0);
    const top = Math.ceil(Math.log10(Math.max(...values)) + 0.05);
    return { low: 10 ** Math.max(top - most, Math.floor(Math.log10(Math.min(...values)))), high: 10 ** top, log: true };
  }

  // Charts. laws: functions of the abscissa by their colour, the naive one dashed, in the order of drawing. y: axis from
  // the curves' values, in the same order. text: a sentence for those who do not see the chart.
  const CHARTS = {
    kappa: {
      view: "kappa",
      title: "Renormalised noise <i>κ</i>",
      legend: { theory: "theory", naive: "naive, <i>σ</i>²" },
      x: () => ({ low: 1e-6, high: 1e4, log: true, label: "noise σ²" }),
      over: NOISES,
      y: () => ({ low: 1e-6, high: 1e4, log: true }),
      laws: ({ spectrum, n }) => ({ naive: (z) => z, theory: (z) => theoryLab.kappa(z, spectrum, n) }),
      marks: ({ sigma2, kappa }) => [{ tone: "theory", x: sigma2, y: kappa }],
      text: ({ sigma2, kappa }) => `Noise ${format(sigma2)} acts like ${format(kappa)}.`,
    },
    gain: {
      view: "gain",
      title: "Mean gain of the denoiser",
      legend: { theory: "theory, <i>λ</i>/(<i>λ</i> + <i>κ</i>)", naive: "naive, <i>λ</i>/(<i>λ</i> + <i>σ</i>²)" },
      y: () => ({ low: 0, high: 1 }),
      laws: ({ sigma2, kappa }) => ({
        naive: (value) => value / (value + sigma2),
        theory: (value) => value / (value + kappa),
      }),
      text: ({ sigma2, kappa }) => `One half at eigenvalue ${format(kappa)}; naively at ${format(sigma2)}.`,
    },
    variance: {
      view: "variance",
      title: "Variance of the denoiser",
      legend: { theory: "completed", split: "+ mean only", naive: "published" },
      y: (model, curves) => decades(6, curves),
      laws({ sigma2, spectrum, n, input }) {
        const [theory, split, naive] = ["full", "mean", "published"].map((law) =>
          theoryLab.denoiserVariance(sigma2, spectrum, n, input, law),
        );
        return { theory, split, naive };
      },
      text(model, [full, , published]) {
        const peak = full.indexOf(Math.max(...full));
        const [where, most, less] = [model.modes[peak], full[peak], published[peak]].map(format);
        return `Completed law: at most ${most}, at eigenvalue ${where}; as published ${less} there.`;
      },
    },
    mean: {
      view: "map",
      title: "Mean amplitude of a sample over √<i>λ</i>",
      legend: { theory: "theory", naive: "naive, <i>n</i> → ∞" },
      y(model, curves) {
        const largest = Math.max(...curves.flat());
        return { low: 0, high: largest < 1.1 ? 1.1 : Math.min(10, Math.ceil(2 * largest) / 2) };
      },
      laws: ({ law }) => ({
        naive: (value) => law.naive(value) / Math.sqrt(value),
        theory: (value) => law.mean(value) / Math.sqrt(value),
      }),
      text: (model, [, theory]) =>
        `From ${format(theory[0])} in the smallest to ${format(theory.at(-1))} in the largest mode.`,
    },
    difference: {
      view: "map",
      title: "Cross-split MSE of each mode",
      legend: { theory: "theory", naive: "unrelated images, 2<i>λ</i>" },
      y: (model, curves) => decades(8, curves),
      laws: ({ law }) => ({ naive: (value) => 2 * value, theory: law.difference }),
      text: (model, [unrelated, theory]) =>
        `Of that of unrelated images ${percent(theory[0] / unrelated[0])} in the smallest, ` +
        `${percent(theory.at(-1) / unrelated.at(-1))} in the largest mode.`,
    },
    images: {
      view: "map",
      title: "Cross-split MSE per pixel",
      legend: { theory: "theory", split: "target" },
      x: () => ({ low: SIZES[0], high: SIZES.at(-1), log: true, label: "images n" }),
      over: SIZES,
      y({ unrelated }) {
        const top = Math.ceil(Math.log10(unrelated) + 0.1);
        return { low: 10 ** (top - 6), high: 10 ** top, log: true };
      },
      laws: ({ target, unrelated }, { mse }) => ({ split: () => target * unrelated, theory: (_, i) => mse[i] ?? NaN }),
      marks: ({ n, mse, target, unrelated }, { images }) => [
        ...(images > 0 ? [{ tone: "split", x: images, y: target * unrelated }] : []),
        { tone: "theory", x: n, y: mse },
      ],
      text: ({ n, mse, target }, curves, { images }) =>
        `${format(mse)} with ${format(n)} images. Images for ${percent(target)} of unrelated images: ${imagesText(images)}.`,
    },
  };

  Object.assign(CHARTS, {
    quantiles: {
      view: "flips",
      title: "Samples of two models of two groups",
      legend: { split: "left group one error larger", other: "one error smaller" },
      x: () => ({ low: -3, high: 3, label: "seed x̄" }),
      over: SEEDS,
      y: () => ({ low: -2, high: 2 }),
      laws({ weight, spread, n }) {
        const error = Math.sqrt((weight * (1 - weight)) / n);
        const model = (p) => (seed) => theoryLab.quantile(Math.min(0.999, Math.max(0.001, p)), spread, seed);
        return { split: model(weight + error), other: model(weight - error) };
      },
      text: ({ weight, n }) => `The left group's share is known to ${percent(Math.sqrt((weight * (1 - weight)) / n))}.`,
    },
    flips: {
      view: "flips",
      title: "Squared difference of two models",
      legend: { theory: "law of flips", naive: "empty gap, <i>n</i><sup>−1/2</sup>" },
      x: () => ({ low: SIZES[0], high: SIZES.at(-1), log: true, label: "images n" }),
      over: SIZES,
      y: () => ({ low: 1e-6, high: 10, log: true }),
      laws: ({ weight, flip }) => ({
        naive: (n) => 4 * Math.sqrt((4 * weight * (1 - weight)) / (Math.PI * n)),
        theory: flip,
      }),
      marks: ({ n, flip }) => [{ tone: "theory", x: n, y: flip(n) }],
      text: ({ n, flip }) => `${format(flip(n))} with ${format(n)} images.`,
    },
  });

  // ---- The widget ----

  const KEPT_APART = 1000; // ms between two entries of the history
  const SLICE = 6; // ms of work between two frames
  let widgets = 0;

  class Lab {
    constructor(element) {
      this.element = element;
      this.id = `lab-${++widgets}`;
      this.views = element.dataset.views.split(" ");
      this.shared = element.dataset.stateInAddress === "true";
      this.state = this.shared ? fromAddress(location.hash) : { ...START };
      this.charts = Object.entries(CHARTS)
        .filter(([, { view }]) => this.views.includes(view))
        .map(([name, one]) => ({ name, ...one }));
      this.settings = Object.entries(SETTINGS).filter(
        ([, { views }]) => !views || views.some((view) => this.views.includes(view)),
      );
      this.forecast = { mse: [] };
      this.build();
      this.listen();
      this.show();
    }

    build() {
      const fields = this.settings.map(([key, { label, options, values }]) => {
        const named = `id="${this.id}-${key}" name="${key}"`;
        const list = Object.entries(options ?? {}).map(([value, text]) => `<option value="${value}">${text}</option>`);
        let control = `<textarea ${named} rows="3" spellcheck="false" aria-describedby="${this.id}-error"></textarea>`;
        if (options) control = `<select ${named}>${list.join("")}</select>`;
        if (values)
          control = `<output for="${this.id}-${key}"></output><input type="range" ${named} min="0" max="${values.length - 1}">`;
        const below =
          { spectrum: '<p class="lab-note"></p>', own: `<p class="lab-error" id="${this.id}-error" role="alert"></p>` }[
            key
          ] ?? "";
        return `<div class="lab-field" data-key="${key}"><label for="${this.id}-${key}">${label}</label>${control}</div>${below}`;
      });
      const charts = this.charts.map(({ name, title, legend }) => {
        const keys = Object.entries(legend).map(
          ([tone, text]) =>
            `<li><span class="lab-key lab-${tone}"></span><span>${text}</span><b data-tone="${tone}"></b></li>`,
        );
        return `<div data-chart="${name}"><p class="lab-title">${title}</p><ul class="lab-legend">${keys.join("")}</ul><div class="lab-canvas"></div>
          <details><summary>Values</summary><div></div></details></div>`;
      });
      const end = this.shared ? '<button type="button">Start again</button>' : "<a>Open in the theory lab</a>";
      this.element.innerHTML = `
        <form class="lab-controls" aria-label="Settings of the theory lab: ${this.views.join(", ")}">${fields.join("")}</form>
        <div class="lab-numbers"></div><p class="lab-hidden" role="status"></p>
        <div class="lab-charts">${charts.join("")}</div><p class="lab-end">${end}</p>`;
      this.find = (selector) => this.element.querySelector(selector);
      for (const one of this.charts) {
        one.element = this.find(`[data-chart="${one.name}"]`);
        one.canvas = one.element.querySelector(".lab-canvas");
        one.details = one.element.querySelector("details");
        one.width = Math.floor(one.canvas.clientWidth);
      }
    }

    listen() {
      const form = this.find("form");
      form.addEventListener("submit", (event) => event.preventDefault());
      form.addEventListener("input", ({ target: { name, value } }) => {
        this.state[name] = SETTINGS[name].values ? SETTINGS[name].values[value] : value;
        this.later();
      });
      form.addEventListener("change", () => this.remember());
      if (this.shared) {
        this.find("button").addEventListener("click", () => {
          this.state = { ...START };
          this.later();
          this.remember();
        });
        addEventListener("popstate", () => {
          // an address such as #what-is-drawn leads to a section of the page and says nothing about the lab
          if (location.hash && !location.hash.includes("=")) return;
          this.state = fromAddress(location.hash);
          this.later();
        });
      }
      // widths are read here, not while drawing: reading one between two drawings would lay out the page each time
      const observer = new ResizeObserver((entries) => {
        for (const { target, contentRect } of entries) {
          const one = this.charts.find(({ canvas }) => canvas === target);
          const width = Math.floor(contentRect.width);
          if (width !== one.width) this.draw(Object.assign(one, { width }));
        }
      });
      for (const one of this.charts) {
        observer.observe(one.canvas);
        one.details.addEventListener("toggle", () => this.tabulate(one));
        one.canvas.addEventListener("pointermove", ({ offsetX }) => this.read(one, offsetX));
        one.canvas.addEventListener("pointerleave", () => this.read(one));
      }
    }

    // At most one update a frame.
    later() {
      this.frame ??= requestAnimationFrame(() => {
        this.frame = undefined;
        this.show();
      });
    }

    show() {
      const start = performance.now();
      this.showSettings();
      if (this.find(".lab-error") && !this.readSpectrum()) return;
      this.model = new Model(this.state, this.spectrum);
      this.startForecast();
      this.charts.forEach((one) => this.draw(one));
      this.showNumbers();
      performance.measure("theory-lab-update", { start });
    }

    // The spectrum that the settings ask for; false, and a complaint, if there is none.
    readSpectrum() {
      const { spectrum, dim, exponent, ratio, share, own } = this.state;
      const key = JSON.stringify([spectrum, dim, exponent, ratio, share, own]);
      let wrong = "";
      try {
        if (key !== this.spectrumKey) this.spectrum = spectrumOf(this.state);
        this.spectrumKey = key;
      } catch ({ message }) {
        wrong = message;
      }
      this.find(".lab-error").textContent = wrong;
      this.find("textarea").setAttribute("aria-invalid", wrong !== "");
      if (wrong) return false;
      const { range, trace, dim: modes } = this.spectrum;
      this.find(".lab-note").textContent =
        `${format(modes)} eigenvalues, ${format(range[0])} to ${format(range[1])}, mean ${format(trace / modes)}`;
      return true;
    }

    showSettings() {
      const { state } = this;
      for (const [key, { values, of, show = format }] of this.settings) {
        const control = this.find(`[name="${key}"]`);
        control.parentElement.hidden =
          (of && !of.includes(state.spectrum)) || (OF_HEUN.includes(key) && state.sampler === "exact");
        let value = state[key];
        if (values) {
          const text = show(value);
          const nearer = (best, one, i) => (Math.abs(one - value) < Math.abs(values[best] - value) ? i : best);
          value = values.includes(value) ? values.indexOf(value) : values.reduce(nearer, 0);
          control.previousElementSibling.textContent = text;
          control.setAttribute("aria-valuetext", text);
          control.style.setProperty("--at", `${(100 * value) / (values.length - 1)}%`);
        }
        if (control.value !== String(value)) control.value = value;
      }
      if (!this.shared) this.find(".lab-end a").href = this.element.dataset.lab + toAddress(state);
    }

    draw(one) {
      const { model, forecast } = this;
      if (!one.width || !model) return;
      const laws = Object.entries(one.laws(model, forecast));
      one.xs = one.over ?? model.modes;
      const curves = laws.map(([, law]) => one.xs.map(law));
      one.axis = one.x?.() ?? model.modeAxis;
      one.lines = laws.map(([tone], i) => ({ tone, dash: tone === "naive", ys: curves[i] }));
      const few = one.x || model.spectrum.nodes.length > 12 ? [] : Array.from(model.spectrum.nodes);
      const dots = laws.flatMap(([tone, law]) => few.map((x) => ({ tone, x, y: law(x) })));
      one.canvas.innerHTML = chart(one.width, {
        name: `${this.id}-${one.name}`,
        description: `${one.element.firstChild.textContent}. ${one.text(model, curves, forecast)}`,
        x: one.axis,
        y: one.y(model, curves),
        xs: one.xs,
        lines: one.lines,
        marks: one.marks?.(model, forecast) ?? dots,
      });
      this.tabulate(one);
    }

    // Values under the pointer, in the legend; without a pixel they go away.
    read(one, pixel) {
      const found = pixel === undefined ? undefined : nearest(pixel, one.width, one.axis, one.xs);
      const cursor = one.canvas.querySelector(".lab-cursor");
      cursor.setAttribute("visibility", found ? "visible" : "hidden");
      if (found) cursor.setAttribute("transform", `translate(${found.pixel})`);
      for (const { tone, ys } of one.lines) {
        one.element.querySelector(`[data-tone="${tone}"]`).textContent = found ? format(ys[found.index]) : "";
      }
      one.canvas.dataset.x = found ? `${one.axis.label} = ${format(one.xs[found.index])}` : "";
    }

    tabulate({ details, axis, xs, lines, legend }) {
      if (!details.open) return;
      const head = [axis.label, ...lines.map(({ tone }) => legend[tone])].map((text) => `<th scope="col">${text}</th>`);
      const rows = even(0, xs.length - 1, (xs.length - 1) / 8)
        .map(Math.round)
        .map(
          (i) =>
            `<tr><th scope="row">${format(xs[i])}</th>${lines.map(({ ys }) => `<td>${format(ys[i])}</td>`).join("")}</tr>`,
        );
      details.lastElementChild.innerHTML = `<table><thead><tr>${head.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
    }

    // The curve over n and the forecast need some thirty laws: they are computed between frames, and only when the
    // spectrum, the sampler or the target has changed.
    startForecast() {
      if (!this.views.includes("map")) return;
      const { model } = this;
      const curve = `${this.spectrumKey} ${JSON.stringify(model.map)} ${model.map.tau}`; // JSON knows no Infinity
      const key = `${curve} ${model.target}`;
      if (key === this.forecastKey) return;
      this.forecastKey = key;
      const work = forecast(model, this.forecast.curve === curve ? this.forecast.mse : undefined);
      const slice = () => {
        if (this.forecastKey !== key) return;
        const until = performance.now() + SLICE;
        let step = work.next();
        while (!step.done && performance.now() < until) step = work.next();
        if (!step.done) return void setTimeout(slice);
        this.forecast = { curve, key, ...step.value };
        this.charts.filter(({ name }) => name === "images").forEach((one) => this.draw(one));
        this.showNumbers();
      };
      setTimeout(slice);
    }

    showNumbers() {
      const { model, forecast } = this;
      const { sigma2, kappa, spectrum, n, target, unrelated, weight, spread } = model;
      const numbers = [];
      if (this.views.some((view) => DENOISER.includes(view))) {
        numbers.push([
          "noise <i>σ</i>² acts like <i>κ</i>",
          format(kappa),
          `${format(kappa / sigma2)} times <i>σ</i>² = ${format(sigma2)}`,
        ]);
        numbers.push([
          "visible modes df₁(<i>κ</i>)",
          format(theoryLab.df1(kappa, spectrum)),
          `of ${format(spectrum.dim)}, <i>γ</i> = ${format(spectrum.dim / n)}`,
        ]);
      }
      if (this.views.includes("map")) {
        numbers.push(["cross-split MSE", format(model.mse), `${percent(model.mse / unrelated)} of unrelated`]);
        const stale = forecast.key === this.forecastKey ? "" : ' class="lab-stale"';
        numbers.push([
          `images for ${percent(target)}`,
          `<span${stale}>${imagesText(forecast.images)}</span>`,
          `MSE ${format(target * unrelated)}`,
        ]);
      }
      if (this.views.includes("flips")) {
        const change = 2 * Math.sqrt((weight * (1 - weight)) / (Math.PI * n)); // mean of |dp|
        numbers.push(["two groups: squared difference", format(model.flip(n)), `spread ${format(spread)}, gap 2`]);
        numbers.push(["seeds between two boundaries", percent(change), "of all, on average"]);
      }
      const numbersPlace = this.find(".lab-numbers");
      numbersPlace.innerHTML = numbers
        .map(([name, value, note]) => `<p><span>${name} </span><b>${value}</b> <span>${note}</span></p>`)
        .join("");
      clearTimeout(this.speaking);
      this.speaking = setTimeout(() => {
        this.find("[role=status]").textContent = Array.from(numbersPlace.children, (one) => one.textContent).join("; ");
      }, 500);
    }

    // The address holds the settings, so that a view can be shared and the back button returns to what was seen before.
    remember() {
      const address = toAddress(this.state);
      if (!this.shared || address === (location.hash || "#")) return;
      const now = performance.now();
      history[now - (this.remembered ?? -Infinity) > KEPT_APART ? "pushState" : "replaceState"](null, "", address);
      this.remembered = now;
    }
  }

  document.querySelectorAll(".theory-lab").forEach((element) => new Lab(element));
})();

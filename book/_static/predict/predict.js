// Predict first, then reveal: every element .predict of the page. Its question and answers stand in the page; here they
// become buttons, and the stage beside them moves once the reader has guessed. The laws are in theory.js and planes.js,
// what is drawn from Python in data.js.
"use strict";

(() => {
  const { format, chart } = theoryLab;
  const { points, population, mixtures, seeds } = planes.data;

  const at = (value) => value.toFixed(1);
  const ladder = (low, high, count) =>
    Array.from({ length: count }, (_, i) => Number((low * (high / low) ** (i / (count - 1))).toPrecision(2)));
  const distance = ([a, b], [c, d]) => Math.hypot(a - c, b - d);

  // ---- A plane in SVG: shapes in the unit of the data, x and y from -reach to reach ----

  function plane(width, reach, description, shapes) {
    const size = Math.min(width, 420);
    const place = ([x, y]) => [((x / reach + 1) * size) / 2, ((1 - y / reach) * size) / 2];
    const line = (some) => some.map((one) => place(one).map(at).join(" ")).join("L");
    const KINDS = {
      dots: ({ tone, some }) => some.map((one) => dot(one, tone, 1.5)).join(""),
      dot: ({ tone, some }) => some.map((one) => dot(one, tone, 5)).join(""),
      closed: ({ tone, some }) => `<path class="lab-line lab-${tone}" d="M${line(some)}Z"/>`,
      line: ({ tone, some }) => (some.length ? `<path class="lab-line lab-${tone}" d="M${line(some)}"/>` : ""),
      dashed: ({ tone, some }) =>
        some.length ? `<path class="lab-line lab-${tone}" stroke-dasharray="6 4" d="M${line(some)}"/>` : "",
      cross: ({ tone, some }) =>
        some.map(place).map(([x, y]) => `<path class="lab-line lab-${tone}" d="M${at(x - 6)} ${at(y)}h12m-6 -6v12"/>`).join(""),
    };
    const dot = (one, tone, radius) => {
      const [x, y] = place(one);
      return `<circle class="lab-dot lab-${tone}" cx="${at(x)}" cy="${at(y)}" r="${radius}"/>`;
    };
    const middle = at(size / 2);
    return `<svg role="img" aria-label="${description}" width="${size}" height="${size}" viewBox="0 0 ${size} ${size}">
      <path class="lab-grid" d="M0 ${middle}H${size}M${middle} 0V${size}"/>
      ${shapes.map((shape) => KINDS[shape.kind](shape)).join("")}</svg>`;
  }

  // ---- Stages: controls (values of a slider), what is drawn before and after the guess, and a sentence ----

  const TONES = ["split", "other"];

  const COUNTS = [5, 7, 10, 14, 20, 30, 40, 60, 80, 120, 160, 240, 320, 500];
  const ellipses = {
    controls: {
      n: { label: "points <i>n</i> of each set", values: COUNTS, start: 10 },
      seed: { label: "seed", values: seeds.linear.map((_, i) => i + 1), start: 1 },
    },
    titles: ["Two sets, two ellipses, one seed", "Distance of the two samples"],
    legend: ["first set", "second set", "population; its law for the root mean square"],
    samples: (n, seed) => points.map((set) => planes.sample(planes.fit(set.slice(0, n)), seeds.linear[seed - 1])),
    sentence({ n, seed }) {
      return `With ${n} points each, the two samples of seed ${seed} are ${format(distance(...this.samples(n, seed)))} apart.`;
    },
    draw(state, [left, right], revealed) {
      const models = points.map((set) => planes.fit(set.slice(0, state.n)));
      const samples = this.samples(state.n, state.seed);
      const shapes = [{ kind: "closed", tone: "theory", some: planes.ellipse(population) }];
      models.forEach((model, i) => {
        shapes.push({ kind: "dots", tone: TONES[i], some: points[i].slice(0, state.n) });
        shapes.push({ kind: "closed", tone: TONES[i], some: planes.ellipse(model) });
      });
      shapes.push({ kind: "line", tone: "theory", some: samples });
      samples.forEach((one, i) => shapes.push({ kind: "dot", tone: TONES[i], some: [one] }));
      shapes.push({ kind: "cross", tone: "naive", some: [seeds.linear[state.seed - 1]] });
      const [one, , two] = population.covariance;
      const law = 3 * (one + two) + (4 * one * two) / (Math.sqrt(one) + Math.sqrt(two)) ** 2; // chapter 1, by hand
      const marks = COUNTS.map((n) => ({ tone: "split", x: n, y: distance(...this.samples(n, state.seed)) }));
      return [
        plane(left, 4.5, this.sentence(state), shapes),
        chart(right, {
          name: `${this.id}-distance`,
          description: revealed ? this.sentence(state) : "empty until you have guessed",
          x: { low: 4, high: 600, log: true, label: "points n" },
          y: { low: 0.01, high: 10, log: true },
          xs: [4, 600],
          lines: revealed ? [{ tone: "theory", ys: [4, 600].map((n) => Math.sqrt(law / n)) }] : [],
          marks: revealed ? [...marks, { tone: "theory", x: state.n, y: distance(...this.samples(state.n, state.seed)) }] : [],
        }),
      ];
    },
  };

  const power = theoryLab.powerLaw(256, 1);
  const GAIN_NOISE = 0.1;
  const gain = {
    controls: { n: { label: "images <i>n</i>", values: ladder(10, 1e4, 40), start: 1e4 } },
    titles: ["Mean gain of each mode", "What the noise 0.1 acts like"],
    legend: [null, null, "theory", "naive"],
    kappa: (n) => theoryLab.kappa(GAIN_NOISE, power, n),
    sentence({ n }) {
      return `With ${format(n)} images the noise ${GAIN_NOISE} acts like ${format(this.kappa(n))}.`;
    },
    draw(state, [left, right], revealed) {
      const kappa = this.kappa(state.n);
      const modes = ladder(power.range[0] / 2, power.range[1], 120);
      const sizes = ladder(10, 1e4, 60);
      const half = (tone, noise) => ({ tone, x: noise, y: 0.5 });
      const filter = (noise) => modes.map((mode) => mode / (mode + noise));
      return [
        chart(left, {
          name: `${this.id}-gain`,
          description: `Half is kept at eigenvalue ${format(kappa)}; naively at ${GAIN_NOISE}`,
          x: { low: modes[0], high: modes.at(-1), log: true, label: "eigenvalue λ" },
          y: { low: 0, high: 1 },
          xs: modes,
          lines: [
            { tone: "naive", dash: true, ys: filter(GAIN_NOISE) },
            { tone: "theory", ys: filter(kappa) },
          ],
          marks: [half("naive", GAIN_NOISE), half("theory", kappa)],
        }),
        chart(right, {
          name: `${this.id}-kappa`,
          description: revealed ? this.sentence(state) : "empty until you have guessed",
          x: { low: 10, high: 1e4, log: true, label: "images n" },
          y: { low: 0.05, high: 20, log: true },
          xs: sizes,
          lines: revealed
            ? [
                { tone: "naive", dash: true, ys: sizes.map(() => GAIN_NOISE) },
                { tone: "theory", ys: sizes.map(this.kappa) },
              ]
            : [],
          marks: revealed ? [{ tone: "theory", x: state.n, y: kappa }] : [],
        }),
      ];
    },
  };

  const SIDE = 24;
  const small = theoryLab.powerLaw(SIDE, 1);
  const NUMBERS = Array.from({ length: SIDE }, (_, i) => i + 1);
  const modesOfSmall = NUMBERS.map((k) => (SIDE / k) * (1 / NUMBERS.reduce((sum, one) => sum + 1 / one, 0)));
  const outer = {
    controls: {
      noise: { label: "noise <i>σ</i>²", values: ladder(0.01, 100, 41), start: 1 },
      input: { label: "input mode", values: NUMBERS, start: 1 },
      output: { label: "output mode", values: NUMBERS, start: 1 },
    },
    titles: ["Variance of each entry", "The one vector it is made of"],
    legend: ["output mode", "input mode"],
    law(noise) {
      const { kappa, strength, weight } = theoryLab.twoPoint(noise, small, 40);
      return { kappa, scale: strength, weights: modesOfSmall.map(weight) };
    },
    sentence({ noise, input, output }) {
      const { kappa, weights, scale } = this.law(noise);
      const [k, j] = [weights[input - 1], weights[output - 1]];
      const twice = input === output ? ", and twice as much on the diagonal" : "";
      return (
        `κ = ${format(kappa)}. Entry (${input}, ${output}): ${format(scale)} × ${format(k)} × ${format(j)} = ` +
        `${format(scale * k * j)}${twice}.`
      );
    },
    draw(state, [left, right], revealed) {
      const { weights } = this.law(state.noise);
      const size = Math.min(left, 400);
      const cell = size / SIDE;
      const top = Math.max(...weights) ** 2;
      const cells = weights.flatMap((one, row) =>
        weights.map((two, column) => {
          const box = `x="${at(column * cell)}" y="${at(row * cell)}" width="${at(cell)}" height="${at(cell)}"`;
          return `<rect class="predict-cell" ${box} fill-opacity="${((one * two) / top).toFixed(3)}"/>`;
        }),
      );
      const frame = (tone, box) => `<rect class="predict-frame lab-${tone}" ${box}/>`;
      const [row, column] = [at((state.input - 1) * cell), at((state.output - 1) * cell)];
      const bands = revealed
        ? frame("other", `x="0" y="${row}" width="${size}" height="${at(cell)}"`) +
          frame("split", `x="${column}" y="0" width="${at(cell)}" height="${size}"`)
        : "";
      const about = revealed ? this.sentence(state) : "empty until you have guessed";
      return [
        `<svg class="predict-matrix" role="img" aria-label="${about}" width="${size}" height="${size}" viewBox="0 0 ${size} ${size}">
          ${revealed ? cells.join("") : ""}${bands}<rect class="predict-edge" width="${size}" height="${size}"/></svg>`,
        chart(right, {
          name: `${this.id}-weight`,
          description: about,
          x: { low: modesOfSmall.at(-1) / 1.2, high: modesOfSmall[0] * 1.2, log: true, label: "eigenvalue λ" },
          y: { low: 0, high: 0.3 / this.law(state.noise).kappa },
          xs: modesOfSmall,
          lines: revealed ? [{ tone: "theory", ys: weights }] : [],
          marks: revealed
            ? [
                { tone: "other", x: modesOfSmall[state.input - 1], y: weights[state.input - 1] },
                { tone: "split", x: modesOfSmall[state.output - 1], y: weights[state.output - 1] },
              ]
            : [],
        }),
      ];
    },
    // The entry under the pointer.
    point(state, panel, x, y) {
      const size = panel.querySelector("svg").clientWidth;
      const mode = (offset) => Math.min(SIDE, Math.max(1, Math.ceil((offset / size) * SIDE)));
      return { ...state, input: mode(y), output: mode(x) };
    },
  };

  const LAST = planes.sigmas.length - 1;
  const boundary = {
    controls: {
      seed: { label: "seed", values: seeds.boundary.map((_, i) => i + 1), start: 1, again: true },
      step: { label: "step", values: Array.from({ length: LAST + 1 }, (_, i) => i), start: 0 },
    },
    titles: ["One seed through two models", "Probability of the right group"],
    legend: ["first model", "second model"],
    moving: "step",
    scaled: (point, sigma) => point.map((value) => value / Math.sqrt(1 + sigma ** 2)),
    paths: ({ seed }) => mixtures.map((mixture) => planes.path(mixture, seeds.boundary[seed - 1])),
    right(state) {
      const [one, two] = this.paths(state).map((path) => path[LAST][0] > 0);
      return one === two ? 0 : 1;
    },
    sentence(state) {
      const sigma = planes.sigmas[state.step];
      const [one, two] = this.paths(state).map((path) => path[state.step]);
      if (state.step < LAST) return `Noise level ${format(sigma)}, step ${state.step} of ${LAST}.`;
      return `The two samples are ${format(distance(one, two))} apart: ${this.right(state) ? "on two sides" : "on one side"}.`;
    },
    draw(state, [left, right], revealed) {
      const [sigma, paths] = [planes.sigmas[state.step], this.paths(state)];
      const shapes = [];
      mixtures.forEach((mixture, i) => {
        const line = planes.boundary(mixture, sigma, 2.6 * Math.sqrt(1 + sigma ** 2));
        shapes.push({ kind: "dashed", tone: TONES[i], some: line.map((point) => this.scaled(point, sigma)) });
        mixture.means.forEach((mean, k) =>
          shapes.push({ kind: "closed", tone: TONES[i], some: planes.ellipse({ mean, covariance: mixture.covariances[k] }) }),
        );
      });
      paths.forEach((path, i) => {
        const walked = path.slice(0, state.step + 1).map((point, level) => this.scaled(point, planes.sigmas[level]));
        shapes.push({ kind: "line", tone: TONES[i], some: walked });
        shapes.push({ kind: "dot", tone: TONES[i], some: [walked.at(-1)] });
      });
      shapes.push({ kind: "cross", tone: "theory", some: [seeds.boundary[state.seed - 1]] });
      const levels = planes.sigmas.slice(0, LAST); // the last is 0
      const shares = mixtures.map((mixture, i) =>
        levels.map((level, step) =>
          step > state.step ? NaN : planes.responsibility(mixture, paths[i][step], level, mixture.means[0][0] > 0 ? 0 : 1),
        ),
      );
      const chance = shares.map((one) => format(one[Math.min(state.step, LAST - 1)]));
      return [
        plane(left, 2.6, this.sentence(state), shapes),
        chart(right, {
          name: `${this.id}-share`,
          description: revealed ? `At this step ${chance.join(" and ")}` : "empty until you have guessed",
          x: { low: 0, high: LAST, label: "step" },
          y: { low: 0, high: 1 },
          xs: levels.map((_, step) => step),
          lines: revealed ? shares.map((ys, i) => ({ tone: TONES[i], ys })) : [],
          marks: [],
        }),
      ];
    },
  };

  const STAGES = { ellipses, gain, outer, boundary };

  // ---- The frame of all of them ----

  const FRAME_TIME = 70; // ms between two steps of an animation
  let widgets = 0;

  class Predict {
    constructor(element) {
      this.element = element;
      this.find = (selector) => element.querySelector(selector);
      this.stage = Object.assign(Object.create(STAGES[element.dataset.widget]), { id: `predict-${++widgets}` });
      this.state = Object.fromEntries(Object.entries(this.stage.controls).map(([key, { start }]) => [key, start]));
      this.build();
      this.listen();
      this.draw();
    }

    build() {
      const { id, controls, titles, legend, moving } = this.stage;
      this.options = Array.from(this.element.querySelectorAll(".predict-options li"), (item) => {
        const button = document.createElement("button");
        button.type = "button";
        button.append(...item.childNodes);
        item.append(button);
        return button;
      });
      const sliders = Object.entries(controls).map(
        ([key, { label, values }]) => `<div class="lab-field"><label for="${id}-${key}">${label}</label>
          <output for="${id}-${key}"></output><input type="range" id="${id}-${key}" name="${key}" min="0" max="${values.length - 1}"></div>`,
      );
      const tones = [...TONES, "theory", "naive"];
      const keys = legend.map((text, i) => text && `<li><span class="lab-key lab-${tones[i]}"></span>${text}</li>`);
      this.find(".predict-stage").innerHTML = `
        <form class="lab-controls" aria-label="${titles[0]}">${sliders.join("")}${moving ? '<button type="button" name="play">Play</button>' : ""}</form>
        <ul class="lab-legend">${keys.filter(Boolean).join("")}</ul>
        <div class="lab-charts">${titles.map((title) => `<div><p class="lab-title">${title}</p><div class="lab-canvas"></div></div>`).join("")}</div>
        <p class="predict-sentence" role="status"></p>`;
      this.panels = Array.from(this.element.querySelectorAll(".lab-canvas"));
      this.widths = this.panels.map((panel) => Math.floor(panel.clientWidth));
    }

    listen() {
      const form = this.find("form");
      form.addEventListener("submit", (event) => event.preventDefault());
      form.addEventListener("input", ({ target: { name, value } }) => {
        const { values, again } = this.stage.controls[name];
        this.state = { ...this.state, [name]: values[value] };
        this.stop();
        if (again) this.guess(undefined);
        this.draw();
      });
      this.options.forEach((button, place) => button.addEventListener("click", () => this.guess(place)));
      this.find("[name=play]")?.addEventListener("click", () => this.play());
      // opening the answer is a guess given up
      this.find("details").addEventListener("toggle", ({ target }) => {
        if (target.open && this.guessed === undefined) this.guess(-1);
      });
      new ResizeObserver(() => {
        const widths = this.panels.map((panel) => Math.floor(panel.clientWidth));
        if (String(widths) !== String(this.widths)) this.draw(Object.assign(this, { widths }));
      }).observe(this.element);
      if (this.stage.point) {
        this.panels[0].addEventListener("pointermove", ({ offsetX, offsetY }) => {
          if (this.guessed === undefined) return;
          this.state = this.stage.point(this.state, this.panels[0], offsetX, offsetY);
          this.draw();
        });
      }
    }

    // A guess, the number of an answer, sets the stage free; undefined takes it back.
    guess(place) {
      this.guessed = place;
      const right = this.stage.right?.(this.state) ?? Number(this.element.dataset.right) - 1;
      this.options.forEach((button, i) => {
        button.setAttribute("aria-pressed", i === place);
        const known = place === undefined ? "" : i === right ? "right" : i === place ? "wrong" : "";
        button.dataset.verdict = known;
      });
      if (place === undefined) {
        this.stop();
        if (this.stage.moving) this.state[this.stage.moving] = 0;
      } else {
        this.find("details").open = true;
        if (this.stage.moving) this.play();
      }
      this.draw();
    }

    play() {
      this.stop();
      const { moving, controls } = this.stage;
      const last = controls[moving].values.length - 1;
      this.state[moving] = matchMedia("(prefers-reduced-motion: reduce)").matches ? last : 0;
      const advance = () => {
        this.draw();
        if (this.state[moving] >= last) return this.stop();
        this.state[moving] += 1;
        this.timer = setTimeout(advance, FRAME_TIME);
      };
      advance();
    }

    stop() {
      clearTimeout(this.timer);
    }

    draw() {
      const { stage, state } = this;
      const revealed = this.guessed !== undefined;
      for (const [key, { values, again }] of Object.entries(stage.controls)) {
        const slider = this.find(`[name=${key}]`);
        slider.value = values.indexOf(state[key]);
        slider.disabled = !revealed && !again;
        slider.previousElementSibling.textContent = format(state[key]);
        slider.setAttribute("aria-valuetext", format(state[key]));
        slider.style.setProperty("--at", `${(100 * slider.value) / (values.length - 1)}%`);
      }
      const play = this.find("[name=play]");
      if (play) play.disabled = !revealed;
      if (this.widths.every((width) => width > 0))
        stage.draw(state, this.widths, revealed).forEach((markup, i) => (this.panels[i].innerHTML = markup));
      this.find(".predict-sentence").textContent = revealed ? stage.sentence(state) : "Guess first; then this moves.";
    }
  }

  document.querySelectorAll(".predict").forEach((element) => new Predict(element));
})();

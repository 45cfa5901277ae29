// The seed explorer: samples of models of two halves in every element .seed-explorer of the page. What is there to be
// shown, and the names of the sprites, are in data.js.
"use strict";

(() => {
  const { size, shown, sizes, sources, snapshots } = seedExplorer;
  const base = document.currentScript.src;

  const SOURCES = { "fashion-mnist": "Fashion-MNIST", "natural-patches": "Natural patches" };
  const MODELS = { linear: "Linear model", unet: "UNet", dit: "DiT" };
  const ROWS = ["half 1", "nearest", "half 2", "nearest", "difference"]; // of a sprite
  const START = { images: "fashion-mnist", model: "unet", n: 1000, seed: 46 }; // of 100 images both UNets copy one
  const KEPT_APART = 1000; // ms between two entries of the history

  const count = (number) => number.toLocaleString("en");
  const short = (value) => String(Number(value.toPrecision(2)));
  const view = ({ images, model }, n) => sources[images].models[model][n];
  const trained = (images, model) => sizes.filter((n) => view({ images, model }, n));

  // Why a model is not there, at one size or at all.
  function reason(images, model) {
    const elsewhere = Object.keys(SOURCES).find((other) => trained(other, model).length);
    if (trained(images, model).length) return "not trained";
    return elsewhere ? `${SOURCES[elsewhere]} only` : "not trained";
  }

  // The state nearest to a wish: a model that the images have, a size at which it is there.
  function settle(wish) {
    const state = { ...wish };
    if (!trained(state.images, state.model).length)
      state.model = Object.keys(MODELS).find((one) => trained(state.images, one).length);
    const distance = (n) => Math.abs(Math.log(n / wish.n));
    state.n = trained(state.images, state.model).reduce((best, n) => (distance(n) < distance(best) ? n : best));
    return state;
  }

  function fromAddress(hash) {
    const given = Object.fromEntries(new URLSearchParams(hash.slice(1)));
    const wish = { ...START };
    if (SOURCES[given.images]) wish.images = given.images;
    if (MODELS[given.model]) wish.model = given.model;
    if (sizes.includes(Number(given.n))) wish.n = Number(given.n);
    if (/^\d+$/.test(given.seed) && Number(given.seed) < shown) wish.seed = Number(given.seed);
    return settle(wish);
  }

  const toAddress = (state) =>
    `#${new URLSearchParams(Object.entries(state).filter(([key, value]) => value !== START[key]))}`;

  // ---- Markup ----

  const place = (sprite, row, seed, rows = ROWS.length) =>
    `--sprite: url('${new URL(sprite, base)}'); --shown: ${shown}; --rows: ${rows}; --row: ${row}; --seed: ${seed}`;
  const tile = ({ sprite, steps }, row, seed, label) =>
    `<span class="explorer-tile" role="img" aria-label="${label}" style="${place(sprite, row, seed, steps?.length)}"></span>`;
  const radio = (key, value, label) => `<input type="radio" name="${key}" value="${value}" aria-label="${label}">`;
  const rank = (values, seed) =>
    `rank ${1 + values.filter((value) => value < values[seed]).length} of ${values.length}`;

  // All models at one size: what they make of the seed.
  function comparison({ images, n, seed }) {
    const head = [...ROWS, "MSE"].map((text) => `<th scope="col">${text}</th>`).join("");
    const lines = Object.keys(MODELS).map((model) => {
      const found = view({ images, model }, n);
      const name = `<th scope="row">${MODELS[model]}</th>`;
      if (!found) return `<tr>${name}<td colspan="6" class="explorer-none">${reason(images, model)}</td></tr>`;
      const tiles = ROWS.map((row, i) => `<td>${tile(found, i, seed, `${MODELS[model]}, ${row}`)}</td>`).join("");
      const { mse } = found;
      return `<tr>${name}${tiles}<td><b>${short(mse[seed])}</b> <span>${rank(mse, seed)}</span></td></tr>`;
    });
    return `<table><thead><tr><td></td>${head}</tr></thead><tbody>${lines.join("")}</tbody></table>`;
  }

  // One model at every size: rows of the table below the choice of n.
  function strip(state) {
    const pictures = ROWS.slice(0, 4).map((row, i) => ({
      row,
      cell: (found, n) => tile(found, i, state.seed, `${row}, ${count(n)} images`),
    }));
    const ratio = ({ own, other }) => (own[0][state.seed] / other[0][state.seed]).toFixed(2);
    const rows = [...pictures, { row: "own / other", cell: ratio }];
    const none = `<td rowspan="${rows.length}" class="explorer-none">${reason(state.images, state.model)}</td>`;
    return rows
      .map(({ row, cell }, i) => {
        const cells = sizes.map((n) => {
          const found = view(state, n);
          if (!found) return i ? "" : none;
          return `<td${n === state.n ? ' class="explorer-chosen"' : ""}>${cell(found, n)}</td>`;
        });
        return `<tr><th scope="row">${row}</th>${cells.join("")}</tr>`;
      })
      .join("");
  }

  // Networks while they are trained on half 1 of 1,000 images: a line a network.
  function training({ seed }) {
    const lines = Object.entries(snapshots).map(([model, found]) => {
      const tiles = found.steps.map(
        (step, row) => `<li>${tile(found, row, seed, `${MODELS[model]}, step ${count(step)}`)}${count(step)}</li>`,
      );
      return `<p>${MODELS[model]}, steps</p><ol>${tiles.join("")}</ol>`;
    });
    return lines.join("");
  }

  // Spearman's rank correlation of two lists without ties.
  function correlation(one, two) {
    const ranks = (values) => {
      const order = Array.from(values.keys()).sort((i, j) => values[i] - values[j]);
      const found = [];
      order.forEach((i, rank) => (found[i] = rank));
      return found;
    };
    const [a, b, n] = [ranks(one), ranks(two), one.length];
    return 1 - (6 * a.reduce((sum, rank, i) => sum + (rank - b[i]) ** 2, 0)) / (n * (n * n - 1));
  }

  // A forecast (values, name, and whether it is meant to be equal) against what was measured, on logarithmic axes from
  // low to high, every seed a dot, the chosen one marked.
  function scatter({ images, n, seed }, model, range, { values: expected, name, equal }) {
    const found = view({ images, model }, n);
    const about = found ? `Spearman ${correlation(expected, found.mse).toFixed(2)}` : reason(images, model);
    const title = `<p><b>${MODELS[model]}</b><span>${about}</span></p>`;
    if (!found) return `<div>${title}</div>`;
    const [left, right, top, bottom] = [52, 252, 8, 186];
    const [low, high] = limits(expected);
    const x = (value) => (left + (right - left) * share(value, low, high)).toFixed(1);
    const y = (value) => (bottom - (bottom - top) * share(value, ...range)).toFixed(1);
    const dot = (i) => `M${x(expected[i])} ${y(found.mse[i])}h0`;
    const across = ticks(low, high).map(
      (value) =>
        `<path class="explorer-grid" d="M${x(value)} ${top}V${bottom}"/>` +
        `<text x="${x(value)}" y="${bottom + 14}" text-anchor="middle">${value}</text>`,
    );
    const up = ticks(...range).map(
      (value) =>
        `<path class="explorer-grid" d="M${left} ${y(value)}H${right}"/>` +
        `<text x="${left - 5}" y="${y(value)}" dy="3.5" text-anchor="end">${value}</text>`,
    );
    const [from, to] = [Math.max(low, range[0]), Math.min(high, range[1])];
    const line = `<path class="explorer-equal" d="M${x(from)} ${y(from)}L${x(to)} ${y(to)}"/>`;
    const text = `${MODELS[model]}: seed ${seed} ${name.split(" ")[0]} ${short(expected[seed])}, measured ${short(found.mse[seed])}`;
    return `<div>${title}<svg viewBox="0 0 260 222" role="img" aria-label="${text}">${across.join("")}${up.join("")}
      <path class="explorer-dots" d="${found.mse.map((_, i) => dot(i)).join("")}"/>
      ${equal ? line : ""}<path class="explorer-dot" d="${dot(seed)}"/>
      <text x="${(left + right) / 2}" y="218" text-anchor="middle">${name}</text>
      <text transform="translate(10 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">measured MSE</text></svg></div>`;
  }

  const share = (value, low, high) => Math.log(value / low) / Math.log(high / low);
  const limits = (values) => [Math.min(...values) / 1.1, Math.max(...values) * 1.1];

  // Round numbers from low to high, far enough apart on a logarithmic axis to be read.
  function ticks(low, high) {
    const digits = high / low > 30 ? [1] : [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const round = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
      for (const digit of digits) {
        const value = Number(`${digit}e${power}`);
        const far = !round.length || share(value, low, high) - share(round.at(-1), low, high) > 0.2;
        if (value >= low && value <= high && far) round.push(value);
      }
    return round;
  }

  const build = () => `
    <form aria-label="Seed explorer">
      <div class="explorer-controls">
        <fieldset data-key="images"><legend>images</legend>${Object.entries(SOURCES)
          .map(([key, label]) => `<label>${radio("images", key, label)}<span>${label}</span></label>`)
          .join("")}</fieldset>
        <fieldset data-key="model"><legend>model</legend>${Object.entries(MODELS)
          .map(([key, label]) => `<label>${radio("model", key, label)}<span>${label}<small></small></span></label>`)
          .join("")}</fieldset>
        <fieldset data-key="seed"><legend>seed <output></output></legend>${Array.from(
          { length: shown },
          (_, i) => `<label title="${i}">${radio("seed", i, `seed ${i}`)}<span class="explorer-tile"></span></label>`,
        ).join("")}</fieldset>
      </div>
      <section><h3></h3><table class="explorer-sizes"><thead><tr><th scope="row">images <i>n</i></th>${sizes
        .map((n) => `<th scope="col"><label>${radio("n", n, `${count(n)} images`)}<span>${count(n)}</span></label></th>`)
        .join("")}</tr></thead><tbody></tbody></table></section>
    </form>
    <section><h3></h3><div class="explorer-comparison"></div></section>
    <section data-part="training"><h3></h3><div class="explorer-training"></div></section>
    <section><h3></h3><p class="explorer-ranks"></p><div class="explorer-scatter"></div></section>
    <section data-part="fragility"><h3></h3><p class="explorer-fragility"></p><div class="explorer-scatter"></div></section>
    <p class="explorer-status" role="status"></p>`;

  // ---- The widget ----

  class Explorer {
    constructor(element) {
      element.innerHTML = build();
      this.element = element;
      this.state = fromAddress(location.hash);
      const form = element.querySelector("form");
      form.addEventListener("submit", (event) => event.preventDefault());
      form.addEventListener("change", ({ target: { name, value } }) => {
        this.state = settle({ ...this.state, [name]: ["n", "seed"].includes(name) ? Number(value) : value });
        this.show();
        this.remember();
      });
      addEventListener("popstate", () => {
        // an address such as #what-is-shown leads to a section of the page and says nothing about the explorer
        if (location.hash && !location.hash.includes("=")) return;
        this.state = fromAddress(location.hash);
        this.show();
      });
      this.show();
    }

    show() {
      const { state, element } = this;
      const { images, model, n, seed } = state;
      const found = view(state, n);
      const expected = sources[images].expected[n];
      const find = (selector) => element.querySelector(selector);
      for (const input of element.querySelectorAll("input")) this.showChoice(input);
      find("[data-key=seed] output").textContent = seed;
      element.querySelectorAll("[data-key=seed] .explorer-tile").forEach((one, i) => (one.style = place(found.sprite, 0, i)));
      find(".explorer-sizes tbody").innerHTML = strip(state);
      find(".explorer-comparison").innerHTML = comparison(state);
      const measured = Object.keys(MODELS).flatMap((one) => view({ images, model: one }, n)?.mse ?? []);
      const { fragility } = sources[images];
      const plots = (forecast) =>
        Object.keys(MODELS)
          .map((one) => scatter(state, one, limits(measured), forecast))
          .join("");
      const [first, second] = element.querySelectorAll(".explorer-scatter");
      first.innerHTML = plots({ values: expected, name: "expected MSE", equal: true });
      find("[data-part=training]").hidden = !trained(images, "unet").length || !Object.keys(snapshots).length;
      find("[data-part=fragility]").hidden = !fragility;
      find(".explorer-training").innerHTML = training(state);
      if (fragility) {
        second.innerHTML = plots({ values: fragility, name: "fragility" });
        find(".explorer-fragility").textContent =
          `Mixtures of Gaussians fitted to the images, no network: fragility ${short(fragility[seed])}, ` +
          `${rank(fragility, seed)}; rank ${fragility.length} is the most fragile.`;
      }
      const titles = [
        `${MODELS[model]}, seed ${seed}, at every size`,
        `Every model, seed ${seed}, at ${count(n)} images`,
        `Half 1 of 1,000 images, seed ${seed}, while training`,
        `Seed ${seed} among ${count(expected.length)} seeds`,
        `Is seed ${seed} fragile?`,
      ];
      element.querySelectorAll("h3").forEach((title, i) => (title.textContent = titles[i]));
      const ranks =
        `Expected of two linear models of ${count(n)} images: MSE ${short(expected[seed])}, ` +
        `${rank(expected, seed)}. ${MODELS[model]}, measured: MSE ${short(found.mse[seed])}, ${rank(found.mse, seed)}.`;
      find(".explorer-ranks").textContent = ranks;
      clearTimeout(this.speaking);
      this.speaking = setTimeout(() => {
        find("[role=status]").textContent = `${SOURCES[images]}, seed ${seed}. ${ranks}`;
      }, 500);
    }

    // What is not there is switched off, and its name says why.
    showChoice(input) {
      const { images, model } = this.state;
      const { name, value } = input;
      input.checked = String(this.state[name]) === value;
      if (name === "n") {
        input.disabled = !view(this.state, value);
        const why = input.disabled ? `, ${MODELS[model]} ${reason(images, model)}` : "";
        input.setAttribute("aria-label", `${count(Number(value))} images${why}`);
        input.parentElement.title = why.slice(2);
      }
      if (name === "model") {
        input.disabled = !trained(images, value).length;
        const why = input.disabled ? reason(images, value) : "";
        input.nextElementSibling.lastElementChild.textContent = why;
        input.setAttribute("aria-label", why ? `${MODELS[value]}, ${why}` : MODELS[value]);
      }
    }

    // The address holds the state, so that a view can be shared and the back button returns to what was seen before.
    remember() {
      const address = toAddress(this.state);
      if (address === (location.hash || "#")) return;
      const now = performance.now();
      history[now - (this.remembered ?? -Infinity) > KEPT_APART ? "pushState" : "replaceState"](null, "", address);
      this.remembered = now;
    }
  }

  document.querySelectorAll(".seed-explorer").forEach((element) => {
    element.style.setProperty("--size", size);
    new Explorer(element);
  });
})();

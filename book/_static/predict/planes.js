// Models of points in the plane, without any DOM: a Gaussian fitted to points, and a mixture of Gaussians, as diffusion
// models. They are those of rmt_utils.models.linear and rmt_utils.models.mixture, whose numbers they reproduce. A
// symmetric matrix is [xx, xy, yy], a point [x, y].
"use strict";

globalThis.planes = (() => {
  const SIGMA_MAX = 80;
  const SIGMA_MIN = 0.002;
  const STEPS = 35;

  // f of a symmetric matrix, applied to a point.
  function apply([xx, xy, yy], f, [x, y]) {
    const larger = (xx + yy) / 2 + Math.hypot((xx - yy) / 2, xy);
    const smaller = larger > 0 ? Math.max(0, (xx * yy - xy * xy) / larger) : 0; // no cancellation, as of the sum and the root
    const angle = Math.atan2(2 * xy, xx - yy) / 2;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const along = f(larger) * (cos * x + sin * y);
    const across = f(smaller) * (cos * y - sin * x);
    return [cos * along - sin * across, sin * along + cos * across];
  }

  // Mean and covariance, with 1/(n - 1), of points.
  function fit(points) {
    const n = points.length;
    const total = (term) => points.reduce((sum, point) => sum + term(point), 0);
    const mean = [total(([x]) => x) / n, total(([, y]) => y) / n];
    const entry = (one, two) => total((point) => (point[one] - mean[one]) * (point[two] - mean[two])) / (n - 1);
    return { mean, covariance: [entry(0, 0), entry(0, 1), entry(1, 1)] };
  }

  // What the linear model makes of a seed, by the exact equation.
  function sample({ mean, covariance }, seed) {
    const start = seed.map((value, i) => SIGMA_MAX * value - mean[i]);
    return apply(covariance, (s) => Math.sqrt(s / (s + SIGMA_MAX ** 2)), start).map((value, i) => mean[i] + value);
  }

  // Points one standard deviation from the mean.
  function ellipse({ mean, covariance }, count = 72) {
    return Array.from({ length: count }, (_, i) => {
      const angle = (2 * Math.PI * i) / count;
      return apply(covariance, Math.sqrt, [Math.cos(angle), Math.sin(angle)]).map((value, j) => mean[j] + value);
    });
  }

  // For each component of a mixture the responsibility for x and the component's own denoised x.
  function components({ weights, means, covariances }, [x, y], sigma) {
    const found = weights.map((weight, k) => {
      const [xx, xy, yy] = covariances[k];
      const [a, c] = [xx + sigma ** 2, yy + sigma ** 2];
      const det = a * c - xy * xy;
      const [dx, dy] = [x - means[k][0], y - means[k][1]];
      const [ux, uy] = [(c * dx - xy * dy) / det, (a * dy - xy * dx) / det];
      return {
        log: Math.log(weight) - (dx * ux + dy * uy + Math.log(det)) / 2,
        clean: [means[k][0] + xx * ux + xy * uy, means[k][1] + xy * ux + yy * uy],
      };
    });
    const top = Math.max(...found.map(({ log }) => log));
    const total = found.reduce((sum, { log }) => sum + Math.exp(log - top), 0);
    return found.map(({ log, clean }) => ({ share: Math.exp(log - top) / total, clean }));
  }

  const responsibility = (mixture, point, sigma, k) => components(mixture, point, sigma)[k].share;

  function denoise(mixture, point, sigma) {
    const found = components(mixture, point, sigma);
    return [0, 1].map((i) => found.reduce((sum, { share, clean }) => sum + share * clean[i], 0));
  }

  // Noise levels of the EDM sampler, the last of them 0.
  const [start, end] = [SIGMA_MAX ** (1 / 7), SIGMA_MIN ** (1 / 7)];
  const sigmas = Array.from({ length: STEPS }, (_, i) => (start + (i / (STEPS - 1)) * (end - start)) ** 7);
  sigmas.push(0);

  // Where Heun's method leads a seed: a point for every noise level.
  function path(mixture, seed) {
    const states = [seed.map((value) => SIGMA_MAX * value)];
    const slope = (x, sigma) => denoise(mixture, x, sigma).map((value, i) => (x[i] - value) / sigma);
    for (let step = 0; step < STEPS; step++) {
      const [sigma, next, x] = [sigmas[step], sigmas[step + 1], states[step]];
      const first = slope(x, sigma);
      let ahead = x.map((value, i) => value + (next - sigma) * first[i]);
      if (next) {
        const second = slope(ahead, next);
        ahead = x.map((value, i) => value + ((next - sigma) / 2) * (first[i] + second[i]));
      }
      states.push(ahead);
    }
    return states;
  }

  // Points where both components of a mixture of two are as likely, by bisection along lines of constant y.
  function boundary(mixture, sigma, reach, count = 41) {
    const [left, right] = mixture.means[0][0] < mixture.means[1][0] ? [0, 1] : [1, 0];
    const crossings = [];
    for (let i = 0; i < count; i++) {
      const y = reach * ((2 * i) / (count - 1) - 1);
      const rightness = (x) => responsibility(mixture, [x, y], sigma, right) - responsibility(mixture, [x, y], sigma, left);
      let [low, high] = [-reach, reach];
      if (rightness(low) > 0 || rightness(high) < 0) continue;
      for (let halving = 0; halving < 40; halving++) {
        const middle = (low + high) / 2;
        if (rightness(middle) > 0) high = middle;
        else low = middle;
      }
      crossings.push([low, y]);
    }
    return crossings;
  }

  return { fit, sample, ellipse, denoise, responsibility, path, boundary, sigmas };
})();

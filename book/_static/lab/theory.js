// The laws of the theory lab, for Gaussian data, without any DOM. They are those of rmt_utils, whose modules are named
// below and whose numbers they reproduce; formulas: theory page. Complex numbers are pairs (re, im), arrays of them
// pairs of Float64Array.
"use strict";

globalThis.theoryLab = (() => {
  const SIGMA_MAX = 80;
  const SIGMA_MIN = 0.002; // last noise level but one of a Heun sampler, as in Karras et al. (2022)
  const CONVERGED = 1e-10; // relative Newton step: the error left after it is of the order of its square
  const sum = (length, term) => {
    let total = 0;
    for (let i = 0; i < length; i++) total += term(i);
    return total;
  };

  // f, each of whose values is computed once: several charts ask for the same.
  const remembering = (f) => {
    const known = new Map();
    return (x) => {
      if (!known.has(x)) known.set(x, f(x));
      return known.get(x);
    };
  };

  // ---- Spectra (compression.py) ----

  const BIN_WIDTH = 0.65; // in log(lambda)
  const ORDER = 9; // Gauss nodes in a bin

  // A spectrum of `dim` modes as sums see it: positive nodes, rising, their weights, and `above`, how much weight lies
  // at or above each node. Weights add up to whole numbers at the edges of bins; rounding there would cost all digits
  // at n = rank and small noise.
  function measure(nodes, weights, dim, range = [nodes[0], nodes[nodes.length - 1]]) {
    const above = new Float64Array(nodes.length + 1);
    for (let i = nodes.length - 1; i >= 0; i--) {
      const total = above[i + 1] + weights[i];
      const whole = Math.round(total);
      above[i] = Math.abs(total - whole) < 1e-9 ? whole : total;
    }
    const trace = sum(nodes.length, (i) => weights[i] * nodes[i]);
    return {
      nodes: Float64Array.from(nodes),
      weights: Float64Array.from(weights),
      above,
      rank: above[0],
      trace,
      dim,
      range,
    };
  }

  // Measure of the given eigenvalues, each counted once or as often as `counts` says, by bins of log(lambda).
  function compress(eigenvalues, counts) {
    const order = Array.from(eigenvalues.keys()).filter((i) => eigenvalues[i] > 0);
    order.sort((i, j) => eigenvalues[i] - eigenvalues[j]);
    const nodes = [];
    const weights = [];
    for (const i of order) {
      const count = counts ? counts[i] : 1;
      if (eigenvalues[i] === nodes[nodes.length - 1]) weights[weights.length - 1] += count;
      else (nodes.push(eigenvalues[i]), weights.push(count));
    }
    const dim = counts ? counts.reduce((a, b) => a + b, 0) : eigenvalues.length;
    const packed = { nodes: [], weights: [] };
    const bins = nodes.map((node) => Math.floor(Math.log(node / nodes[0]) / BIN_WIDTH));
    for (let start = 0, end = 0; start < nodes.length; start = end) {
      while (bins[end] === bins[start]) end++;
      const rule = gaussRule(nodes.slice(start, end), weights.slice(start, end));
      packed.nodes.push(...rule.nodes);
      packed.weights.push(...rule.weights);
    }
    return measure(packed.nodes, packed.weights, dim, [nodes[0], nodes[nodes.length - 1]]);
  }

  // Gauss rule of at most ORDER nodes for a discrete measure: Stieltjes' procedure, then Golub and Welsch (1969).
  function gaussRule(nodes, weights) {
    const size = nodes.length;
    if (size <= ORDER) return { nodes, weights };
    const centre = (nodes[size - 1] + nodes[0]) / 2;
    const radius = (nodes[size - 1] - nodes[0]) / 2;
    const x = nodes.map((node) => (node - centre) / radius);
    const total = sum(size, (i) => weights[i]);
    let previous = new Float64Array(size);
    let current = new Float64Array(size).fill(1 / Math.sqrt(total));
    const diagonal = [];
    const off = [];
    for (let k = 0, leading = 1; k < ORDER; k++) {
      const a = sum(size, (i) => weights[i] * x[i] * current[i] ** 2);
      const b = k ? off[k - 1] : 0;
      const next = current.map((value, i) => (x[i] - a) * value - b * previous[i]);
      const norm = Math.sqrt(sum(size, (i) => weights[i] * next[i] ** 2));
      diagonal.push(a);
      leading *= norm;
      if (leading < 1e-12) break; // the rule's error is of order leading^2: further nodes would be noise
      off.push(norm);
      [previous, current] = [current, next.map((value) => value / norm)];
    }
    const { values, first } = jacobiEigen(diagonal, off);
    const rising = Array.from(values.keys()).sort((i, j) => values[i] - values[j]);
    return { nodes: rising.map((i) => centre + radius * values[i]), weights: rising.map((i) => total * first[i] ** 2) };
  }

  // Eigenvalues of a symmetric tridiagonal matrix and the first component of each eigenvector, by Jacobi rotations:
  // for nine rows that is fast enough, and simpler than anything that uses the shape.
  function jacobiEigen(diagonal, off) {
    const size = diagonal.length;
    const a = diagonal.map((value, i) =>
      diagonal.map((_, j) => (i === j ? value : Math.abs(i - j) === 1 ? off[Math.min(i, j)] : 0)),
    );
    const first = diagonal.map((_, i) => (i === 0 ? 1 : 0));
    for (let sweep = 0; sweep < 30; sweep++) {
      let rest = 0;
      for (let p = 0; p < size; p++) {
        for (let q = p + 1; q < size; q++) {
          rest += Math.abs(a[p][q]);
          if (Math.abs(a[p][q]) < 1e-18) continue; // nothing beside the nodes, which run from -1 to 1
          const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
          const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
          const c = 1 / Math.hypot(t, 1);
          const s = t * c;
          for (const row of a) {
            const left = row[p];
            row[p] = c * left - s * row[q];
            row[q] = s * left + c * row[q];
          }
          for (let k = 0; k < size; k++) {
            const upper = a[p][k];
            a[p][k] = c * upper - s * a[q][k];
            a[q][k] = s * upper + c * a[q][k];
          }
          [first[p], first[q]] = [c * first[p] - s * first[q], s * first[p] + c * first[q]];
        }
      }
      if (rest < 1e-16) break;
    }
    return { values: diagonal.map((_, i) => a[i][i]), first };
  }

  // lambda_k proportional to k^-exponent, k = 1..dim, mean 1.
  function powerLaw(dim, exponent) {
    const values = Float64Array.from({ length: dim }, (_, k) => (k + 1) ** -exponent);
    const mean = sum(dim, (k) => values[k]) / dim;
    return compress(values.map((value) => value / mean));
  }

  // round(share * dim) modes, at least one and not all, at `ratio` times the eigenvalue of the others; mean 1.
  function twoLevels(dim, ratio, share) {
    const upper = Math.min(dim - 1, Math.max(1, Math.round(share * dim)));
    const mean = (upper * ratio + dim - upper) / dim;
    return compress([ratio / mean, 1 / mean], [upper, dim - upper]);
  }

  // ---- Renormalised noise (kappa.py) ----

  // kappa(z) for real z >= 0: bracketed Newton in log(kappa) on log(P/Q), all of whose terms are positive.
  function kappa(z, { nodes, weights, above, rank, trace }, n) {
    const size = nodes.length;
    if (!size) return z;
    let low = Math.max(z, nodes[0] * (rank / n - 1));
    let high = z + trace / n;
    if (!(low > 0)) return 0;
    if (!(high > low)) return high;
    [low, high] = [Math.log(low), Math.log(high)];
    let t = high;
    for (let iteration = 0; iteration < 200; iteration++) {
      const value = Math.exp(t);
      let split = 0;
      let [p, q, slopeP, slopeQ] = [(n * z) / value, 0, (n * z) / value, 0];
      for (; split < size && nodes[split] <= value; split++) {
        const share = nodes[split] / (nodes[split] + value);
        p += weights[split] * share;
        slopeP += weights[split] * share * (1 - share);
      }
      for (let i = split; i < size; i++) {
        const share = value / (nodes[i] + value);
        q += weights[i] * share;
        slopeQ += weights[i] * share * (1 - share);
      }
      p += Math.max(above[split] - n, 0);
      q += Math.max(n - above[split], 0);
      const ratio = Math.log(p / q);
      if (ratio > 0) low = t;
      else high = t;
      const step = ratio / (slopeP / p + slopeQ / q);
      const inside = t + step >= low && t + step <= high;
      t = inside ? t + step : (low + high) / 2;
      if ((inside && Math.abs(step) < CONVERGED) || high - low < 1e-15 * Math.max(1, Math.abs(high))) break;
    }
    return Math.max(Math.exp(t), z);
  }

  // kappa(z) for complex z, given as arrays ordered along a path: Newton's method from the solution at the neighbour,
  // carried on as the power of z that it is locally. Of all roots only the wanted one has Im kappa of the sign of Im z
  // (Silverstein and Bai 1995). Returns kappa and dz/dkappa.
  function kappaAlong(zRe, zIm, spectrum, n) {
    const size = zRe.length;
    const result = {
      re: new Float64Array(size),
      im: new Float64Array(size),
      slopeRe: new Float64Array(size),
      slopeIm: new Float64Array(size),
    };
    const middle = size >> 1;
    const radius = Math.hypot(zRe[middle], zIm[middle]);
    const real = kappa(radius, spectrum, n);
    const start = newton(radius, 0, real, 0, spectrum, n);
    const solve = (i, from) => {
      const solution = follow(from, { z: [zRe[i], zIm[i]] }, spectrum, n, 0);
      [result.re[i], result.im[i]] = solution.kappa;
      [result.slopeRe[i], result.slopeIm[i]] = solution.slope;
      return solution;
    };
    const centre = solve(middle, { z: [radius, 0], ...start });
    for (let i = middle + 1, from = centre; i < size; i++) from = solve(i, from);
    for (let i = middle - 1, from = centre; i >= 0; i--) from = solve(i, from);
    return result;
  }

  // The solution at `to.z` from that at `from.z`, on half of the way (in log z) first if Newton's method loses it.
  function follow(from, to, spectrum, n, depth) {
    const [re, im] = divide(to.z[0], to.z[1], from.z[0], from.z[1]);
    const [logRe, logIm] = [Math.log(Math.hypot(re, im)), Math.atan2(im, re)];
    const [scaleRe, scaleIm] = multiply(...from.kappa, ...from.slope);
    const [powerRe, powerIm] = divide(...from.z, scaleRe, scaleIm); // d log kappa / d log z
    const [growth, angle] = multiply(powerRe, powerIm, logRe, logIm);
    const size = Math.exp(growth);
    const guess = multiply(...from.kappa, size * Math.cos(angle), size * Math.sin(angle));
    const found = newton(...to.z, ...guess, spectrum, n);
    if (found.converged && found.kappa[1] * to.z[1] > 0) return { z: to.z, ...found };
    if (depth > 12) throw new Error(`no root of the kappa equation found at z = ${to.z}`);
    const half = Math.exp(logRe / 2);
    const between = { z: multiply(...from.z, half * Math.cos(logIm / 2), half * Math.sin(logIm / 2)) };
    return follow(follow(from, between, spectrum, n, depth + 1), to, spectrum, n, depth + 1);
  }

  // Newton's method on kappa h(kappa) = z, with the modes below and above abs(kappa) summed in two ways, so that
  // nothing cancels.
  function newton(zRe, zIm, re, im, { nodes, weights, above }, n) {
    let [slopeRe, slopeIm] = [1, 0];
    for (let iteration = 0; iteration < 30; iteration++) {
      const modulus = Math.hypot(re, im);
      let [hRe, hIm, gRe, gIm, split] = [0, 0, 0, 0, 0];
      for (let i = 0; i < nodes.length; i++) {
        const node = nodes[i];
        const sumRe = node + re;
        const norm = 1 / (sumRe * sumRe + im * im);
        const inRe = sumRe * norm; // 1 / (lambda + kappa)
        const inIm = -im * norm;
        const weight = weights[i];
        if (node <= modulus) {
          split = i + 1;
          hRe -= weight * node * inRe;
          hIm -= weight * node * inIm;
        } else {
          hRe += weight * (re * inRe - im * inIm);
          hIm += weight * (re * inIm + im * inRe);
        }
        gRe += weight * node * (inRe * inRe - inIm * inIm);
        gIm += weight * node * 2 * inRe * inIm;
      }
      hRe = (n - above[split] + hRe) / n;
      hIm /= n;
      slopeRe = hRe + (re * gRe - im * gIm) / n;
      slopeIm = hIm + (re * gIm + im * gRe) / n;
      const [stepRe, stepIm] = divide(re * hRe - im * hIm - zRe, re * hIm + im * hRe - zIm, slopeRe, slopeIm);
      re -= stepRe;
      im -= stepIm;
      const size = Math.hypot(stepRe, stepIm) / Math.hypot(re, im);
      if (size < CONVERGED) return { kappa: [re, im], slope: [slopeRe, slopeIm], converged: true };
      if (!(size < 1e6)) break;
    }
    return { kappa: [re, im], slope: [slopeRe, slopeIm], converged: false };
  }

  const multiply = (a, b, c, d) => [a * c - b * d, a * d + b * c];
  const divide = (a, b, c, d) => {
    const norm = c * c + d * d;
    return [(a * c + b * d) / norm, (b * c - a * d) / norm];
  };

  // Number of modes that noise `value` leaves visible.
  const df1 = (value, { nodes, weights }) => sum(nodes.length, (i) => (weights[i] * nodes[i]) / (nodes[i] + value));

  // n - df2(value, value) without cancellation at n = rank.
  const residualDf = (value, { nodes, weights, rank }, n) =>
    n - rank + sum(nodes.length, (i) => (weights[i] * value * (2 * nodes[i] + value)) / (nodes[i] + value) ** 2);

  // ---- The denoiser (equivalents.py, two_point.py) ----

  // Mean gain of a mode as a function of its eigenvalue.
  const gain = (sigma2, spectrum, n) => {
    const value = kappa(sigma2, spectrum, n);
    return (eigenvalue) => eigenvalue / (eigenvalue + value);
  };

  // The factors of the variance of the denoiser's entry (j, k), strength weight(lambda_j) weight(lambda_k), mean known.
  function twoPoint(sigma2, spectrum, n) {
    const value = kappa(sigma2, spectrum, n);
    return {
      kappa: value,
      strength: value ** 2 / residualDf(value, spectrum, n),
      weight: (eigenvalue) => eigenvalue / (eigenvalue + value) ** 2,
    };
  }

  // Variance of the denoiser along a mode, as a function of its eigenvalue, for inputs with E[x_k^2] = lambda_k + sigma2.
  // input: "typical", noisy images, or "aligned", displaced along that mode alone. law: "published" (mean known, one
  // pairing), "mean" (estimated mean) or "full" (and both pairings).
  function denoiserVariance(sigma2, spectrum, n, input, law) {
    const freedom = law === "published" ? n : n - 1;
    const { strength, weight } = twoPoint(sigma2, spectrum, freedom);
    const fromMean = law === "published" ? 0 : freedom / n;
    const { nodes, weights } = spectrum;
    const typical = sum(nodes.length, (i) => weights[i] * weight(nodes[i]) * (nodes[i] + sigma2));
    return (eigenvalue) => {
      const own = weight(eigenvalue) * (eigenvalue + sigma2);
      const pairing = law === "full" ? own : 0;
      return strength * weight(eigenvalue) * ((input === "aligned" ? own : typical) + fromMean + pairing);
    };
  }

  // ---- Maps f of an eigenvalue (maps.py), at complex s ----

  const exactMap = (re, im) => squareRoot(...divide(re, im, re + SIGMA_MAX ** 2, im));

  // Heun's method with linear denoisers trained for a time tau, Infinity for the end; pixel: standard deviation of pixels.
  function heunMap(steps, tau = Infinity, pixel = 1) {
    const [start, end] = [SIGMA_MAX ** (1 / 7), SIGMA_MIN ** (1 / 7)];
    const sigmas = Array.from({ length: steps }, (_, i) => (start + (i / (steps - 1)) * (end - start)) ** 7);
    // value of the trained denoiser at sigma, and of the untrained one, in the proportion that training has reached
    const reached = (re, im, sigma, trained, untrained) => {
      if (tau === Infinity) return trained;
      const rate = tau / (pixel ** 2 + sigma ** 2);
      const size = Math.exp(-rate * (re + sigma ** 2));
      const left = [size * Math.cos(rate * im), -size * Math.sin(rate * im)];
      const [moveRe, moveIm] = multiply(...left, untrained - trained[0], -trained[1]);
      return [trained[0] + moveRe, trained[1] + moveIm];
    };
    const slope = (re, im, sigma) =>
      reached(re, im, sigma, divide(sigma, 0, re + sigma ** 2, im), sigma / (pixel ** 2 + sigma ** 2));
    const gain = (re, im, sigma) =>
      reached(re, im, sigma, divide(re, im, re + sigma ** 2, im), pixel ** 2 / (pixel ** 2 + sigma ** 2));
    return (re, im) => {
      let product = gain(re, im, sigmas[steps - 1]);
      for (let i = 0; i < steps - 1; i++) {
        const step = sigmas[i + 1] - sigmas[i];
        const [gRe, gIm] = slope(re, im, sigmas[i]);
        const next = slope(re, im, sigmas[i + 1]);
        const [tRe, tIm] = multiply(...next, 1 + step * gRe, step * gIm);
        product = multiply(...product, 1 + (step / 2) * (gRe + tRe), (step / 2) * (gIm + tIm));
      }
      return product;
    };
  }

  function squareRoot(re, im) {
    const size = Math.sqrt(Math.hypot(re, im));
    const angle = Math.atan2(im, re) / 2;
    return [size * Math.cos(angle), size * Math.sin(angle)];
  }

  // ---- Contour (contour.py) ----

  const DIGITS = 32;
  const NEGLIGIBLE = 1e-10;
  const PERIODS = 8;
  const RINGS = [1, 2, 4, 8].flatMap((times, i) =>
    [1, 2, 3].filter((halvings) => halvings <= i + 1).map((halvings) => [times, Math.PI / 2 ** (halvings + 1)]),
  );
  const RETURNED = 1e-10; // error of f - f(0) that is left, relative to the largest up to there
  const ROUNDING = 1e-13; // of the largest: what rounding leaves where it is few steps that are taken

  // Interval that holds all eigenvalues but 0 of the covariance of n samples; its ends lie inside the gaps beside them.
  function support(spectrum, n) {
    const { nodes, weights, rank, trace } = spectrum;
    const lowest = nodes[0];
    const total = (term) => sum(nodes.length, (i) => weights[i] * term(nodes[i]));
    const high = 4 * spectrum.range[1] + ((4 / 3) * trace) / n;
    let inner = Math.sqrt(weights[0] / n);
    let outer = 1 + Math.sqrt(total((node) => (node / lowest) ** 2) / n);
    let edge = 0;
    for (let i = 0; i < 60; i++) {
      const middle = Math.sqrt(inner * outer);
      edge = (middle - 1) * lowest;
      if (total((node) => (node / (node + edge)) ** 2) > n) inner = middle;
      else outer = middle;
    }
    const zero = kappa(0, spectrum, n);
    const value = zero + (edge - zero) / 4;
    const gap = (-value * (n - rank + total((node) => value / (value + node)))) / n;
    const cut = (NEGLIGIBLE ** 2 * lowest * total((node) => lowest / node)) / n;
    return [Math.max(gap, cut), high];
  }

  // Quadrature round [low, high] for f: where f was stopped early, it is bounded only in a narrower ring, which takes
  // more nodes; the fewest that give f and f^2 back.
  function contour(f, [low, high], entire) {
    if (!entire) return ring([low, high], 1, Math.PI / 2);
    const points = Array.from({ length: 65 }, (_, i) => low * (high / low) ** (i / 64));
    const constant = f(0, 0)[0];
    const rises = points.map((s) => f(s, 0)[0] - constant);
    const largest = rises.map((_, i) => Math.max(...rises.slice(0, i + 1).map(Math.abs))); // up to there
    // what rounding of f itself leaves of a rise is not asked for
    const once = rises.map((_, i) => RETURNED * largest[i] + ROUNDING * (largest.at(-1) + Math.abs(constant)));
    const twice = rises.map((_, i) => (2 * largest[i] + once[i]) * once[i]);
    for (const [times, angle] of RINGS) {
      const rule = ring([low, high], times, angle);
      const rising = Array.from(rule.re, (re, j) => f(re, rule.im[j])).map(([re, im]) => [re - constant, im]);
      const returned = points.every((s, i) => {
        let [value, square] = [0, 0];
        for (let j = 0; j < rising.length; j++) {
          const resolvent = divide(s, 0, rule.re[j] - s, rule.im[j]);
          const term = multiply(...divide(rule.weightRe[j], rule.weightIm[j], rule.re[j], rule.im[j]), ...resolvent);
          const one = multiply(...term, ...rising[j]);
          value += one[1];
          square += multiply(...one, ...rising[j])[1];
        }
        return Math.abs(value - rises[i]) <= once[i] && Math.abs(square - rises[i] ** 2) <= twice[i];
      });
      if (returned) return rule;
    }
    throw new Error("no contour gives the sampling map back");
  }

  // Nodes zeta and weights w: g(A) = Im sum w g(zeta)/zeta A (zeta - A)^-1, g(0) = 0. angle: of the ring's middle.
  function ring([low, high], times, angle) {
    const half = Math.log(4 * Math.sqrt(high / low));
    const size = times * Math.ceil((2 * DIGITS * half) / Math.PI ** 2);
    const rule = {
      re: new Float64Array(size),
      im: new Float64Array(size),
      weightRe: new Float64Array(size),
      weightIm: new Float64Array(size),
    };
    // sech(w) and sech(w) tanh(w) from e = exp(-w) = r exp(i a)
    const terms = (r, a) => {
      const e = [r * Math.cos(a), r * Math.sin(a)];
      const [squareRe, squareIm] = multiply(...e, ...e);
      const sech = divide(2 * e[0], 2 * e[1], 1 + squareRe, squareIm);
      return [sech, multiply(...sech, ...divide(1 - squareRe, -squareIm, 1 + squareRe, squareIm))];
    };
    for (let j = 0; j < size; j++) {
      const y = ((j + 0.5) * half) / size;
      let [dnRe, dnIm, slopeRe, slopeIm] = [0, 0, 0, 0];
      for (let k = 0; k < PERIODS; k++) {
        const [right, rightSlope] = terms(Math.exp(-y - 2 * half * k), angle / 2);
        const [left, leftSlope] = terms(Math.exp(y - 2 * half * (k + 1)), -angle / 2);
        dnRe += right[0] + left[0];
        dnIm += right[1] + left[1];
        slopeRe += leftSlope[0] - rightSlope[0];
        slopeIm += leftSlope[1] - rightSlope[1];
      }
      const [squareRe, squareIm] = multiply(dnRe, dnIm, dnRe, dnIm);
      const [weightRe, weightIm] = multiply(dnRe, dnIm, slopeRe, slopeIm);
      const scale = (2 * high * half) / (size * Math.PI);
      [rule.re[j], rule.im[j]] = [high * squareRe, high * squareIm];
      [rule.weightRe[j], rule.weightIm[j]] = [scale * weightRe, scale * weightIm];
    }
    return rule;
  }

  // ---- The sampling map (spectral.py) ----

  const CANCELLING = 1e-3; // share of E[f^2] below which the difference of two means keeps too few digits

  // x_0 = mean_hat + f(Sigma_hat) (x_T - mean_hat), x_T = SIGMA_MAX times a standard normal seed, mean and covariance
  // estimated from n samples. steps: of Heun's method, or 0 for the exact map; tau: training time, of Heun's method only.
  // Returns functions of an eigenvalue: mean amplitude per unit of seed, the same with infinitely many samples, and
  // squared difference between two splits.
  function samplingLaw({ steps, tau = Infinity }, spectrum, n) {
    const f = steps ? heunMap(steps, tau, Math.sqrt(spectrum.trace / spectrum.dim)) : exactMap;
    const constant = f(0, 0)[0]; // of an untrained map, which makes noise where there is no image
    const freedom = n - 1;
    const rule = contour(f, support(spectrum, freedom), tau < Infinity);
    const size = rule.re.length;
    const zRe = rule.re.map((value) => -value);
    const zIm = rule.im.map((value) => -value);
    const k = kappaAlong(zRe, zIm, spectrum, freedom);
    const columns = Array.from({ length: 12 }, () => new Float64Array(size));
    const [cRe, cIm, sRe, sIm, oneRe, oneIm, twoRe, twoIm, ownRe, ownIm, pairRe, pairIm] = columns;
    const amplitude = [];
    let far = 1 - constant; // 1 - f = far - Im sum c G with G = z (Sigma_hat + z)^-1
    for (let a = 0; a < size; a++) {
      const [valueRe, valueIm] = f(rule.re[a], rule.im[a]);
      const value = [valueRe - constant, valueIm];
      const c = multiply(rule.weightRe[a], rule.weightIm[a], ...divide(...value, rule.re[a], rule.im[a]));
      [cRe[a], cIm[a]] = c;
      [sRe[a], sIm[a]] = multiply(...c, ...value);
      [oneRe[a], oneIm[a]] = multiply(...c, ...excess(k.re[a], k.im[a], spectrum, freedom));
      [twoRe[a], twoIm[a]] = multiply(oneRe[a], oneIm[a], ...value);
      amplitude.push(multiply(...c, k.re[a], k.im[a]));
      far += c[1];
    }
    // E[G Sigma G'] = kappa kappa' (kappa - kappa')/(z - z') lambda/((lambda + kappa) (lambda + kappa')) falls apart
    // into terms with one kappa each, and for z = z' into a square. Im c G is (c G - conj)/2i; conjugates of b only
    // double the sum.
    for (let b = 0; b < size; b++) {
      for (let a = 0; a < size; a++) {
        const [re, im] = amplitude[a];
        const same = a === b ? [0, 0] : divide(re, im, zRe[a] - zRe[b], zIm[a] - zIm[b]);
        const conjugate = divide(re, -im, zRe[a] - zRe[b], -zIm[a] - zIm[b]);
        pairRe[b] += conjugate[0] - same[0];
        pairIm[b] += conjugate[1] - same[1];
      }
      [pairRe[b], pairIm[b]] = multiply(pairRe[b], pairIm[b], ...amplitude[b]);
      const [re, im] = multiply(...amplitude[b], ...amplitude[b]);
      [ownRe[b], ownIm[b]] = divide(-re / 2, -im / 2, k.slopeRe[b], k.slopeIm[b]);
    }
    // What a mode does to itself, K(lambda, lambda), is a double sum, with c c' kappa kappa'/(n - df2(kappa, kappa')) for
    // b and for its conjugate, n - df2 = n (z - z')/(kappa - kappa').
    const [sameRe, sameIm, crossRe, crossIm] = Array.from({ length: 4 }, () => new Float64Array(size * size));
    for (let a = 0, i = 0; a < size; a++) {
      for (let b = 0; b < size; b++, i++) {
        const [re, im] = amplitude[b];
        const same =
          a === b
            ? divide(1, 0, k.slopeRe[a], k.slopeIm[a])
            : divide(k.re[a] - k.re[b], k.im[a] - k.im[b], zRe[a] - zRe[b], zIm[a] - zIm[b]);
        const cross = divide(k.re[a] - k.re[b], k.im[a] + k.im[b], zRe[a] - zRe[b], zIm[a] + zIm[b]);
        [sameRe[i], sameIm[i]] = multiply(...multiply(...amplitude[a], re, im), ...same);
        [crossRe[i], crossIm[i]] = multiply(...multiply(...amplitude[a], re, -im), ...cross);
      }
    }

    function itself(eigenvalue) {
      const [gRe, gIm] = [new Float64Array(size), new Float64Array(size)]; // 1/(lambda + kappa)^2
      for (let a = 0; a < size; a++) {
        const [re, im] = divide(1, 0, eigenvalue + k.re[a], k.im[a]);
        [gRe[a], gIm[a]] = multiply(re, im, re, im);
      }
      let total = 0;
      for (let a = 0; a < size; a++) {
        for (let b = 0; b <= a; b++) {
          const i = a * size + b;
          const [rr, ii, ri, ir] = [gRe[a] * gRe[b], gIm[a] * gIm[b], gRe[a] * gIm[b], gIm[a] * gRe[b]];
          const cross = crossRe[i] * (rr + ii) - crossIm[i] * (ir - ri);
          const same = sameRe[i] * (rr - ii) - sameIm[i] * (ri + ir);
          total += (a === b ? 1 : 2) * (cross - same);
        }
      }
      return (eigenvalue ** 2 * total) / (2 * freedom);
    }

    function moments(eigenvalue) {
      const exact = f(eigenvalue, 0)[0] - constant;
      let [mean, square, shift, squareShift, hidden, fromMean] = [0, 0, 0, 0, 0, 0];
      for (let a = 0; a < size; a++) {
        const re = eigenvalue + k.re[a];
        const norm = 1 / (re * re + k.im[a] * k.im[a]);
        const inRe = re * norm; // 1 / (lambda + kappa)
        const inIm = -k.im[a] * norm;
        const bareRe = eigenvalue + zRe[a];
        const bareNorm = 1 / (bareRe * bareRe + zIm[a] * zIm[a]);
        const bothRe = (inRe * bareRe + inIm * zIm[a]) * bareNorm; // 1 / ((lambda + kappa) (lambda + z))
        const bothIm = (inIm * bareRe - inRe * zIm[a]) * bareNorm;
        mean -= cRe[a] * inIm + cIm[a] * inRe;
        square -= sRe[a] * inIm + sIm[a] * inRe;
        shift += oneRe[a] * bothIm + oneIm[a] * bothRe;
        squareShift += twoRe[a] * bothIm + twoIm[a] * bothRe;
        hidden += amplitude[a][0] * inIm + amplitude[a][1] * inRe;
        fromMean += pairRe[a] * inRe - pairIm[a] * inIm;
        fromMean += ownRe[a] * (inRe * inRe - inIm * inIm) - ownIm[a] * 2 * inRe * inIm;
      }
      [mean, square, shift, squareShift] = [mean, square, shift, squareShift].map((value) => value * eigenvalue);
      // The sum rule. Where it cancels, n is large and lambda inside the contour; then E[f] - f and E[f^2] - f^2, sums
      // over lambda (kappa - z)/((lambda + kappa) (lambda + z)), are as small as the variance itself.
      let variance = square - mean ** 2;
      if (variance < CANCELLING * square) variance = squareShift - shift * (2 * exact + shift);
      variance += itself(eigenvalue);
      return { mean: constant + mean, variance, fromMean: (eigenvalue * (far * (far - 2 * hidden) + fromMean)) / n };
    }

    const remembered = remembering(moments);
    return {
      naive: (eigenvalue) => SIGMA_MAX * f(eigenvalue, 0)[0],
      mean: (eigenvalue) => SIGMA_MAX * remembered(eigenvalue).mean,
      difference: (eigenvalue) => {
        const { variance, fromMean } = remembered(eigenvalue);
        return 2 * (SIGMA_MAX ** 2 * variance + fromMean);
      },
    };
  }

  // kappa - z = kappa df1(kappa)/n for complex kappa, without cancellation where they are close.
  function excess(re, im, { nodes, weights }, n) {
    let [shareRe, shareIm] = [0, 0];
    for (let i = 0; i < nodes.length; i++) {
      const sumRe = nodes[i] + re;
      const norm = (weights[i] * nodes[i]) / (sumRe * sumRe + im * im);
      shareRe += sumRe * norm;
      shareIm -= im * norm;
    }
    return multiply(re / n, im / n, shareRe, shareIm);
  }

  // Cross-split MSE, the mean over pixels and seeds of the squared difference of two models' samples.
  function crossSplit(sampler, spectrum, n) {
    const { difference } = samplingLaw(sampler, spectrum, n);
    return sum(spectrum.nodes.length, (i) => spectrum.weights[i] * difference(spectrum.nodes[i])) / spectrum.dim;
  }

  // Images, from `fewest` to `most`, at which the cross-split MSE falls to `target`; 0 or Infinity if that is outside.
  // Secant steps in log n and log MSE, kept inside a bracket.
  function imagesFor(target, sampler, spectrum, [fewest, most] = [2, 1e9]) {
    const height = (t) => Math.log(crossSplit(sampler, spectrum, Math.exp(t)) / target);
    let [low, high] = [Math.log(fewest), Math.log(most)];
    let [atLow, atHigh] = [height(low), height(high)];
    if (atLow <= 0) return 0;
    if (atHigh > 0) return Infinity;
    for (let i = 0, side = 0; i < 60 && high - low > 1e-10; i++) {
      const t = (low * atHigh - high * atLow) / (atHigh - atLow);
      const value = height(t);
      if (value > 0) {
        [low, atLow] = [t, value];
        if (side > 0) atHigh /= 2;
        side = 1;
      } else {
        [high, atHigh] = [t, value];
        if (side < 0) atLow /= 2;
        side = -1;
      }
      if (Math.abs(value) < 1e-10) return Math.exp(t);
    }
    return Math.exp((low + high) / 2);
  }

  // ---- Flips between two groups in one dimension (fragile.py): p N(-1, s^2) + (1 - p) N(1, s^2) ----

  // Upper tail of the standard normal distribution: a series of positive terms, and a continued fraction further out.
  function tail(x) {
    if (x < 0) return 1 - tail(-x);
    const density = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    if (x < 4) {
      let [term, total] = [x, 0];
      for (let k = 1; Math.abs(term) > 1e-17 * total || k < 3; k++) {
        total += term;
        term *= (x * x) / (2 * k + 1);
        if (term === 0) break;
      }
      return 0.5 - density * total;
    }
    let fraction = 0;
    for (let k = 40; k > 0; k--) fraction = k / (x + fraction);
    return density / (x + fraction);
  }

  // Gauss-Legendre rule of eight nodes on [-1, 1].
  const LEGENDRE = [
    [0.1834346424956498, 0.362683783378362],
    [0.525532409916329, 0.31370664587788727],
    [0.7966664774136267, 0.22238103445337448],
    [0.9602898564975363, 0.10122853629037626],
  ].flatMap(([node, weight]) => [
    [-node, weight],
    [node, weight],
  ]);
  const APART = 300; // nodes in log(y - x)
  const NEVER = 8; // standard errors that no estimate is off by

  // Expected squared difference of two models that know all but p, as a function of the images n from which each has
  // its p. What does not depend on n is computed once.
  function flipLaw(p, spread) {
    const gap = 1 / spread; // from here on the spread is 1
    const near = Math.min(gap, 10); // a wide gap, in which nothing happens, is passed in a smooth step
    const at = (place) => {
      const x = place + (gap - near) * (1 - 2 * tail((place / 1.5) * Math.SQRT2));
      const stretch = 1 + (((gap - near) / 1.5) * 2 * Math.exp(-((place / 1.5) ** 2))) / Math.sqrt(Math.PI);
      return [tail(x + gap), tail(gap - x), stretch]; // of the left group above x, of the right one below
    };
    const panels = 2 * Math.trunc(near + 10);
    const half = (near + 10) / panels;
    const [low, high] = [Math.log(1e-6), Math.log(2 * near + 20)];
    const step = (high - low) / (APART - 1);
    const count = panels * LEGENDRE.length * APART;
    const [rise, scale, weight] = Array.from({ length: 3 }, () => new Float64Array(count));
    for (let panel = 0, i = 0; panel < panels; panel++) {
      for (const [node, share] of LEGENDRE) {
        const place = -near - 10 + half * (2 * panel + 1 + node);
        const [left, right, stretch] = at(place);
        for (let k = 0; k < APART; k++, i++) {
          const apart = Math.exp(low + k * step);
          const [leftY, rightY, stretchY] = at(place + apart);
          rise[i] = p * (left - leftY) + (1 - p) * (rightY - right);
          scale[i] = Math.hypot(1 - left - right, 1 - leftY - rightY);
          weight[i] = 4 * spread ** 2 * share * half * stretch * stretchY * apart * step;
        }
      }
    }
    return remembering((n) => {
      const error = Math.sqrt((p * (1 - p)) / n);
      return sum(count, (i) => {
        const size = error * scale[i];
        const ratio = size > 0 ? rise[i] / size : NEVER;
        if (ratio >= NEVER) return 0;
        return weight[i] * size * (Math.exp((-ratio * ratio) / 2) / Math.sqrt(2 * Math.PI) - ratio * tail(ratio));
      });
    });
  }

  // Sample of a seed, the quantile of the mixture at its rank, by bisection.
  function quantile(p, spread, seed) {
    const below = (x) => p * tail((-1 - x) / spread) + (1 - p) * tail((1 - x) / spread);
    let [low, high] = [-1 - 10 * spread, 1 + 10 * spread];
    for (let halving = 0; halving < 60; halving++) {
      const middle = (low + high) / 2;
      if (below(middle) < tail(-seed)) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  }

  return {
    measure,
    compress,
    powerLaw,
    twoLevels,
    kappa,
    kappaAlong,
    df1,
    gain,
    twoPoint,
    denoiserVariance,
    samplingLaw,
    crossSplit,
    imagesFor,
    flipLaw,
    quantile,
  };
})();

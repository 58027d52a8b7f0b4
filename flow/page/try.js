// "Try it": runs the page's circuits in ngspice (WebAssembly) and draws what comes of them. Nothing is loaded before the first run.
"use strict";

(() => {
  const MOST_S = 600;                       // longest wait for a run
  const cannot = document.getElementById("try-cannot");
  const articles = [...document.querySelectorAll("article.try")];
  if (!articles.length || !cannot) return;
  const lacks = ["WebAssembly", "Worker", "DecompressionStream"].filter((name) => typeof globalThis[name] === "undefined");
  if (lacks.length) {
    cannot.textContent = `This browser has no ${lacks.join(", no ")}: ngspice cannot run here. The published figures stand below; ` +
      "the netlists run in ngspice on a desk.";
    cannot.hidden = false;
    for (const article of articles) {
      article.dataset.state = "cannot";
      article.querySelector("button").disabled = true;
      article.querySelector(".told").textContent = "Not run: this browser cannot.";
    }
    return;
  }

  const scripts = {};
  const script = (name) => scripts[name] ??= new Promise((give, fail) => {
    const element = document.createElement("script");
    element.src = name;
    element.onload = give;
    element.onerror = () => { delete scripts[name]; fail(new Error(`${name} is not beside the page; make the page again`)); };
    document.head.append(element);
  });
  let compiled = null;
  const simulator = () => compiled ??= (async () => {
    await script("simulator.js");
    const packed = Uint8Array.from(atob(NEUSOC_SIMULATOR.wasm), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return WebAssembly.compile(await new Response(stream).arrayBuffer());
  })().catch((error) => { compiled = null; throw error; });

  const shown = (value) => Number(value.toPrecision(4)).toString();
  const svg = (name, attributes, text) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  };

  // Round numbers from low to high, about `count` of them
  function ticks(low, high, count) {
    const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((k) => k * power).find((k) => k >= rough);
    const found = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(Number((k * step).toPrecision(6)));
    return found;
  }

  // Places of the legend's entries, in as many rows as they need: [x, row] each
  function legend(names, left, wide) {
    let x = left, row = 0;
    return names.map((name) => {
      const need = 36 + 7.2 * name.length;
      if (x > left && x + need > wide) [x, row] = [left, row + 1];
      x += need;
      return [x - need, row];
    });
  }

  function panel(one, waves, wide, last) {
    const names = one.lines.map(([, label]) => label);
    const left = 48, right = 10, height = 132, foot = last ? 40 : 10;
    const entries = legend(names, left, wide), top = 24 + 18 * entries[entries.length - 1][1];
    const time = waves.time, end = time[time.length - 1] || 1;
    const values = one.lines.map(([vector]) => waves[vector].map((value) => value / one.scale));
    const least = Math.min(...values.map((v) => v.reduce((a, b) => Math.min(a, b))));
    const most = Math.max(...values.map((v) => v.reduce((a, b) => Math.max(a, b))));
    const room = 0.06 * (most - least) || 0.5, low = least - room, high = most + room;
    const x = (t) => left + (t / end) * (wide - left - right), y = (v) => top + height - ((v - low) / (high - low)) * height;
    const drawing = svg("svg", { viewBox: `0 0 ${wide} ${top + height + foot}`, role: "img",
      "aria-label": `Waveforms over ${shown(end * 1e6)} µs, in ${one.unit}: ${names.join(", ")}` });
    for (const value of ticks(low, high, 5)) {
      drawing.append(svg("line", { class: "grid", x1: left, x2: wide - right, y1: y(value), y2: y(value) }));
      drawing.append(svg("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, String(value)));
    }
    for (const value of last ? ticks(0, end * 1e6, wide < 420 ? 4 : 8) : []) {
      drawing.append(svg("text", { x: x(value * 1e-6), y: top + height + 16, "text-anchor": "middle" }, String(value)));
    }
    if (last) drawing.append(svg("text", { x: wide - right, y: top + height + 34, "text-anchor": "end" }, "time (µs)"));
    drawing.append(svg("text", { x: 0, y: 14 }, one.unit));
    names.forEach((name, k) => {
      const [along, row] = entries[k];
      drawing.append(svg("line", { class: `wave w${k}`, x1: along, x2: along + 18, y1: 10 + 18 * row, y2: 10 + 18 * row }));
      drawing.append(svg("text", { x: along + 23, y: 14 + 18 * row }, name));
      const points = Array.from(time, (t, p) => `${x(t).toFixed(1)},${y(values[k][p]).toFixed(1)}`).join(" ");
      drawing.append(svg("polyline", { class: `wave w${k}`, points }));
    });
    return drawing;
  }

  for (const article of articles) {
    const form = article.querySelector("form"), button = article.querySelector("button"), told = article.querySelector(".told");
    const place = article.querySelector(".waves"), name = article.dataset.circuit;
    let worker = null, timer = 0, drawn = null, run = 0;        // run: number of the last one; an earlier one that wakes up ends

    const say = (state, text) => { article.dataset.state = state; told.textContent = text; };
    const draw = () => {
      if (!drawn) return;
      const { panels } = NEUSOC_CIRCUITS[name], wide = Math.max(280, place.clientWidth);
      place.replaceChildren(...panels.map((one, k) => panel(one, drawn, wide, k === panels.length - 1)));
    };
    addEventListener("resize", draw);

    const end = () => {
      worker?.terminate();
      clearTimeout(timer);
      worker = null;
      button.textContent = "Run it here";
    };
    const log = (lines) => { article.querySelector("pre").textContent = lines.join("\n").trim() || "It said nothing."; };

    // What the fields hold, SI, by key; null after a sentence on what is wrong
    function given(circuit) {
      const values = {};
      for (const one of circuit.inputs) {
        const field = form.elements[one.key], value = field.valueAsNumber, unit = one.unit.replace("u", "µ");
        const good = value >= one.low && value <= one.high;
        field.setAttribute("aria-invalid", String(!good));
        if (!good) {
          field.focus();
          say("failed", `${one.label}: ${field.value || "no number"} is not possible here; choose ${one.low} to ${one.high} ${unit}.`);
          return null;
        }
        values[one.key] = value === one.value ? null : value / one.scale;
      }
      return values;
    }

    function figures(circuit, found, asBench) {
      for (const row of article.querySelectorAll("tr[data-figure]")) {
        const [here, deviation] = row.querySelectorAll("td.here, td.deviation");
        const value = found[row.dataset.figure] * circuit.figures[row.dataset.figure].scale, published = Number(row.dataset.published || NaN);
        here.textContent = Number.isFinite(value) ? `${shown(value)} ${row.dataset.unit}` : "not reached";
        const share = 100 * Math.abs(value - published) / Math.abs(published);
        row.dataset.deviation = asBench && Number.isFinite(share) ? share : "";
        deviation.textContent = !Number.isFinite(published) ? "nothing published" : !asBench ? "other inputs"
          : Number.isFinite(share) ? `${share.toFixed(2)} %` : "not reached";
      }
    }

    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (worker || article.dataset.state === "loading") {
        end();
        say("waiting", "Stopped.");
        return;
      }
      const began = performance.now(), seconds = () => (performance.now() - began) / 1000, mine = ++run;
      delete article.dataset.seconds;
      drawn = null;
      place.replaceChildren();
      for (const row of article.querySelectorAll("tr[data-figure]")) {
        row.dataset.deviation = "";
        for (const cell of row.querySelectorAll("td.here, td.deviation")) cell.textContent = "not run";
      }
      say("loading", "Loading ngspice…");
      button.textContent = "Stop";
      try {
        await script("circuits.js");
        if (article.dataset.state !== "loading" || mine !== run) return;
        const circuit = NEUSOC_CIRCUITS[name], values = given(circuit);
        if (!values) {
          end();
          return;
        }
        const wasm = await simulator();
        if (article.dataset.state !== "loading" || mine !== run) return;
        const asBench = Object.values(values).every((value) => value === null);
        const deck = circuit.deck.replace(/^\.param in_(\w+)=.*$/gm, (line, key) => values[key] === null ? line : `.param in_${key}=${values[key]}`);
        const program = URL.createObjectURL(new Blob([NEUSOC_SIMULATOR.program], { type: "text/javascript" }));
        worker = new Worker(program);
        URL.revokeObjectURL(program);
        const failed = (says) => { end(); say("failed", `Not run to its end: ${says}.`); };
        timer = setTimeout(() => failed(`no end after ${MOST_S} s`), MOST_S * 1000);
        worker.onerror = (error) => failed(error.message || "the browser refuses the worker");
        const take = (data) => {
          drawn = data.waves;
          draw();
          article.dataset.seconds = seconds().toFixed(2);
          article.dataset.version = data.version;
          figures(circuit, data.figures, asBench);
          end();
          say("done", `Run in ngspice ${data.version}, here, in ${article.dataset.seconds} s.`);
        };
        worker.onmessage = ({ data }) => {
          if (data.log) log(data.log);
          if (data.kind === "failed") { failed(data.says); return; }
          try {
            take(data);
          } catch (error) {
            failed(`what ngspice gave cannot be shown (${error.message})`);
          }
        };
        say("running", "ngspice runs…");
        worker.postMessage({ wasm, init: NEUSOC_SIMULATOR.init, deck, done: NEUSOC_CIRCUITS.done });
      } catch (error) {
        end();
        say("failed", `Not run: ${error.message}.`);
      }
    });
  }
})();

// Runs one deck in ngspice (startNgspice, written before this), apart from the page, and tells what comes of it.
"use strict";

// A binary .raw file: {vector: samples}
function readRaw(bytes) {
  const mark = "Binary:\n";
  let text = "", at = 0;
  while (at < bytes.length && !text.endsWith(mark)) text += String.fromCharCode(bytes[at++]);
  const count = (name) => Number(new RegExp(`No\\. ${name}:\\s*(\\d+)`).exec(text)[1]);
  const width = count("Variables"), points = count("Points");
  const names = text.split("Variables:\n")[1].split("\n").slice(0, width).map((line) => line.trim().split(/\s+/)[1].toLowerCase());
  const table = new Float64Array(bytes.slice(at, at + 8 * width * points).buffer);
  return Object.fromEntries(names.map((name, k) => [name, Float64Array.from({ length: points }, (_, p) => table[p * width + k])]));
}

onmessage = async (message) => {
  const { wasm, init, deck, done } = message.data;
  const log = [], figures = {};
  let finished = false, module = null, version = "";
  const line = (text) => {
    log.push(text);
    const figure = /^figure_(\w+)\s*=\s*(\S+)/.exec(text);
    if (figure) figures[figure[1]] = Number(figure[2]);
    if (/^ngspice-\S+ done/.test(text)) version = text.split(/[-\s]/)[1];
    if (text.trim() === done) finished = true;
  };
  try {
    module = await startNgspice({
      noInitialRun: true, print: line, printErr: line,
      instantiateWasm: (imports, give) => {
        imports.env.__asyncjs__eesim_sleep_hack = () => 0;          // it would wait for commands that a page types
        WebAssembly.instantiate(wasm, imports).then(give).catch((error) => postMessage({ kind: "failed", says: String(error), log }));
        return {};
      },
    });
    module.FS.writeFile("/spinit", "* none\n");
    module.FS.writeFile("/proc/meminfo", "MemTotal: 2097152 kB\nMemFree: 2097152 kB\nMemAvailable: 2097152 kB\n");
    module.FS.writeFile("/.spiceinit", init);
    module.FS.writeFile("/deck.cir", deck);
    module.callMain(["-b", "/deck.cir"]);
    if (finished) postMessage({ kind: "done", waves: readRaw(module.FS.readFile("/whole.raw")), figures, version, log });
    else postMessage({ kind: "failed", says: "ngspice did not come to the end of its deck", log });
  } catch (error) {
    postMessage({ kind: "failed", says: String(error), log });
  }
};

// Opens the part that an address names, lights it in the picture, prints what is closed, and zooms into the layout.
"use strict";

function openTarget() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.tagName === "DETAILS") {
    target.open = true;
    target.scrollIntoView();
    target.querySelector("summary").focus({ preventScroll: true });
  }
}
addEventListener("hashchange", openTarget);
addEventListener("DOMContentLoaded", openTarget);
for (const link of document.querySelectorAll("a[href^='#part-']")) {
  link.addEventListener("click", () => { if (link.hash === location.hash || link.href.baseVal === location.hash) openTarget(); });
}

for (const link of document.querySelectorAll(".legend a")) {
  const places = document.querySelectorAll(`.sheet a[data-part="${link.dataset.part}"]`);
  const light = (on) => () => places.forEach((place) => place.classList.toggle("lit", on));
  for (const name of ["mouseenter", "focus"]) link.addEventListener(name, light(true));
  for (const name of ["mouseleave", "blur"]) link.addEventListener(name, light(false));
}

let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  opened.forEach((one) => { one.open = true; });
});
addEventListener("afterprint", () => opened.forEach((one) => { one.open = false; }));

const data = document.getElementById("sheets");
const sheets = data ? JSON.parse(data.textContent) : {};
const viewers = {};
for (const button of document.querySelectorAll("button.zoom")) {
  button.addEventListener("click", () => {
    const sheet = sheets[button.dataset.sheet];
    const place = document.getElementById(`viewer-${button.dataset.sheet}`);
    const show = place.hidden;
    place.hidden = !show;
    button.setAttribute("aria-pressed", String(show));
    button.textContent = show ? "Back to the whole" : "Zoom into the layout";
    if (!show || viewers[button.dataset.sheet]) return;
    viewers[button.dataset.sheet] = OpenSeadragon({
      element: place,
      drawer: "canvas",                       // tiles from a disk cannot become textures
      showNavigationControl: false,
      showNavigator: true,
      navigatorPosition: "BOTTOM_RIGHT",
      imageSmoothingEnabled: false,
      minZoomImageRatio: 0.9,
      maxZoomPixelRatio: 4,
      tileSources: {
        width: sheet.width, height: sheet.height, tileSize: sheet.tile, tileOverlap: 0, minLevel: 8, maxLevel: sheet.levels,
        getTileUrl: (level, x, y) => `${sheet.folder}/${level}/${x}_${y}.webp`,
      },
    });
    place.dataset.ready = "true";
    viewers[button.dataset.sheet].addHandler("open", () => { place.dataset.open = "true"; });
    viewers[button.dataset.sheet].addHandler("tile-load-failed", () => { place.dataset.failed = "true"; });
  });
}

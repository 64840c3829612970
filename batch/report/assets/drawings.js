// Pictures are drawn, not shown as <img>: a browser keeps the last thousand images decoded (150 kB a thumbnail, 48 MB a
// photo of 12 megapixels). A canvas has a name for those who do not see it; its pixels go when its row is left. Canvases
// and loaders are used again: nobody knows when a browser would collect them, and what they hold until then adds up.
const canvases = [];
const loaders = [];
const uses = new WeakMap(); // how often a canvas was taken: what was asked for an earlier use of it is not drawn
const waitingFor = new Map();

function drawing(alt, classes = "") {
  const canvas = canvases.pop() ?? el("canvas");
  uses.set(canvas, (uses.get(canvas) ?? 0) + 1);
  canvas.width = canvas.height = 0;
  canvas.className = classes;
  for (const name of ["role", "aria-label", "aria-hidden", "data-drawn"]) canvas.removeAttribute(name);
  if (alt === null) canvas.setAttribute("aria-hidden", "true");
  else {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", alt);
  }
  return canvas;
}

// Before the elements in `node` are thrown away.
function emptied(node) {
  for (const canvas of node.querySelectorAll("canvas")) {
    forget(canvas);
    if (canvas.dataset.drawn) canvas.getContext("bitmaprenderer").transferFromImageBitmap(null);
    canvas.remove();
    canvases.push(canvas);
  }
}

// No wider than `widest` says once the file is there. Throws where the file is not there, or is no picture that browsers show.
async function drawn(canvas, file, widest = () => Infinity) {
  const use = uses.get(canvas);
  const image = loaders.pop() ?? new Image();
  try {
    await new Promise((resolve, reject) => {
      image.onload = resolve;
      image.onerror = () => reject(new Error(`${file} cannot be shown`));
      image.src = file;
    });
    const shown = Math.min(1, widest() / image.naturalWidth);
    const [resizeWidth, resizeHeight] = [image.naturalWidth, image.naturalHeight].map((side) => Math.max(1, Math.round(side * shown)));
    const bitmap = await createImageBitmap(image, shown < 1 ? { resizeWidth, resizeHeight, resizeQuality: "medium" } : {});
    if (!canvas.isConnected || uses.get(canvas) !== use) return bitmap.close();
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.getContext("bitmaprenderer").transferFromImageBitmap(bitmap);
    canvas.dataset.drawn = "yes";
  } finally {
    loaders.push(image);
  }
}

// What is not within a window's height of what one sees is not drawn, nor is a page that is turned before it is painted.
const near = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    const act = isIntersecting && waitingFor.get(target);
    if (!act) continue;
    forget(target);
    act();
  }
}, { rootMargin: "100% 0px" });

function whenNear(canvas, act) {
  waitingFor.set(canvas, act);
  near.observe(canvas);
}

function forget(canvas) {
  near.unobserve(canvas);
  waitingFor.delete(canvas);
}

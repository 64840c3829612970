// Pictures are drawn, not shown as <img>: a browser keeps the last thousand images decoded (150 kB a thumbnail, 48 MB a
// photo of 12 megapixels). A canvas has its pixels until it is emptied, and a name for those who do not see it.
function drawing(alt, classes) {
  const canvas = el("canvas", classes);
  canvas.width = canvas.height = 0;
  if (alt === null) canvas.setAttribute("aria-hidden", "true");
  else {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", alt);
  }
  return canvas;
}

// No wider than `width`, where one is given. Throws where the file is not there, or is no picture that browsers show.
async function drawn(canvas, file, width = Infinity) {
  await new Promise(requestAnimationFrame); // who turns pages faster than they are painted waits for none of them
  if (!canvas.isConnected) return;
  const image = new Image();
  const there = new Promise((resolve, reject) => {
    image.addEventListener("load", resolve);
    image.addEventListener("error", () => reject(new Error(`${file} cannot be shown`)));
  });
  image.src = file;
  await there;
  const shown = Math.min(1, width / image.naturalWidth);
  const [resizeWidth, resizeHeight] = [image.naturalWidth, image.naturalHeight].map((side) => Math.max(1, Math.round(side * shown)));
  const bitmap = await createImageBitmap(image, shown < 1 ? { resizeWidth, resizeHeight, resizeQuality: "medium" } : {});
  image.removeAttribute("src");
  if (!canvas.isConnected) return bitmap.close();
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("bitmaprenderer").transferFromImageBitmap(bitmap);
  canvas.dataset.drawn = "yes";
}

// Before these elements are thrown away: nobody knows when they would be collected.
function emptied(node) {
  for (const canvas of node.querySelectorAll("canvas")) canvas.width = canvas.height = 0;
}

// A recording: its clips one after the other in one player, and lines that seek.
let playing = null;

function player(row, details) {
  if (!details.clips) return null;
  const audio = el("audio");
  audio.controls = true;
  audio.preload = "none";
  audio.setAttribute("aria-label", `Recording ${idOf(row)}`);
  let clip = -1;
  const choose = (number) => {
    if (clip === number) return;
    clip = number;
    audio.src = FILES + details.clips[number][0];
  };
  choose(0);
  const lines = (details.segments ?? []).map((segment, number) => line(segment, () => seek(number)));
  const clipOf = (start) => details.clips.findLastIndex(([, begin]) => begin <= start + 0.001);
  const seek = (number) => {
    const start = details.segments[number][0];
    const target = Math.max(0, clipOf(start));
    const there = () => {
      audio.currentTime = Math.max(0, start - details.clips[target][1]);
      audio.play().catch(() => {});
    };
    if (clip === target && audio.readyState >= HTMLMediaElement.HAVE_METADATA) return there();
    choose(target);
    audio.addEventListener("loadedmetadata", there, { once: true });
    audio.preload = "metadata";
    audio.load();
  };
  audio.addEventListener("play", () => {
    if (playing && playing !== audio) playing.pause();
    playing = audio;
  });
  audio.addEventListener("timeupdate", () => {
    const at = details.clips[clip][1] + audio.currentTime;
    lines.forEach((node, number) => {
      const [start, end] = details.segments[number];
      node.firstChild.classList.toggle("now", at >= start && at < end && !audio.ended);
    });
  });
  audio.addEventListener("ended", () => {
    if (clip + 1 >= details.clips.length) return;
    choose(clip + 1);
    audio.play().catch(() => {});
  });
  audio.addEventListener("error", () => audio.replaceWith(el("p", "none", "This clip cannot be played here.")));
  return { audio, lines };
}

function line([start, end, text, status, flags], act) {
  const node = button(null, `line line-${status}`, act);
  const time = el("time", null, clock(start));
  node.append(time, said(text || (status === "ok" ? "nothing was said" : "not transcribed"), "span", text ? "said" : "none"));
  if (flags.length) node.append(el("span", "remarks", flags.join(" ")));
  node.title = `${clock(start)} to ${clock(end)}: play from here`;
  return el("li", null, node);
}

function togglePlay(node) {
  const audio = node?.querySelector("audio");
  if (!audio) return false;
  if (audio.paused) audio.play().catch(() => {});
  else audio.pause();
  return true;
}

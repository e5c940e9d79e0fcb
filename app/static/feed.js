// New transactions on the dashboard as they happen: by server-sent events, and where these do not
// come, by asking every few seconds. Without this script the page shows the latest ten.

const ROWS = 10;
const POLL_MS = 5000;
const STREAM_AGAIN_MS = 60000;
const TRIES = 2;

const box = document.getElementById("feed");
const list = box.querySelector("ol");
const pattern = box.querySelector("template").content.querySelector("li");
const state = box.querySelector("[data-state]");
const button = box.querySelector("[data-pause]");

let stream = null;
let timer = 0;
let errors = 0;
let paused = false;

function tell(name) {
  state.textContent = box.dataset[`say${name[0].toUpperCase()}${name.slice(1)}`];
  state.classList.toggle("good", name === "live");
  state.classList.toggle("bad", name === "lost" || name === "ended");
  state.hidden = false;
}

function newest() {
  return list.firstElementChild ? list.firstElementChild.dataset.id : "";
}

function address(path) {
  const known = newest();
  return known ? `${path}?after=${encodeURIComponent(known)}` : path;
}

function rowOf(item) {
  const row = pattern.cloneNode(true);
  row.dataset.id = item.id;
  for (const slot of row.querySelectorAll("[data-slot]")) {
    slot.textContent = item[slot.dataset.slot];
  }
  row.querySelector("time").dateTime = item.at;
  row.querySelector("[data-slot=amount]").classList.toggle("in", item.came);
  row.querySelector("a").href = item.page;
  return row;
}

function show(item) {
  const known = Array.from(list.children).some((row) => row.dataset.id === item.id);
  if (known) return;
  // Two that happen at one moment may come in either order.
  const below = Array.from(list.children).find((row) => row.querySelector("time").dateTime <= item.at);
  const row = rowOf(item);
  row.classList.add("fresh");
  list.insertBefore(row, below || null);
  while (list.children.length > ROWS) list.lastElementChild.remove();
  const none = box.querySelector("[data-none]");
  if (none) none.remove();
}

function listen() {
  window.clearTimeout(timer);
  if (!window.EventSource) return poll();
  stream = new EventSource(address(box.dataset.live));
  stream.onopen = () => { errors = 0; tell("live"); };
  stream.onmessage = (event) => show(JSON.parse(event.data));
  stream.addEventListener("end", end);
  stream.onerror = () => {
    errors += 1;
    const refused = stream.readyState === EventSource.CLOSED;
    if (!refused && errors < TRIES) return tell("lost");
    stop();
    window.setTimeout(() => { if (!paused && !stream) { errors = 0; stop(); listen(); } }, STREAM_AGAIN_MS);
    return poll();
  };
  return undefined;
}

async function poll() {
  try {
    const answer = await fetch(address(box.dataset.latest), { headers: { Accept: "application/json" } });
    const json = (answer.headers.get("Content-Type") || "").startsWith("application/json");
    if (answer.ok && !json) return end(); // it led to the log-in
    if (!answer.ok) throw new Error(String(answer.status));
    const { items } = await answer.json();
    items.reverse().forEach(show);
    tell("polling");
  } catch {
    tell("lost");
  }
  if (!paused && !stream) timer = window.setTimeout(poll, POLL_MS);
  return undefined;
}

function stop() {
  window.clearTimeout(timer);
  if (stream) stream.close();
  stream = null;
}

function end() {
  paused = true;
  stop();
  button.hidden = true;
  tell("ended");
}

button.addEventListener("click", () => {
  paused = !paused;
  button.textContent = paused ? box.dataset.sayGo : box.dataset.sayPause;
  if (paused) { stop(); tell("paused"); } else { listen(); }
});

window.addEventListener("pagehide", stop);
window.addEventListener("pageshow", (event) => { if (event.persisted && !paused) listen(); });

box.querySelector("[data-reload]").hidden = true;
button.hidden = false;
listen();

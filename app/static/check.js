// How far a verification is, without loading the whole page again. Without this the page reloads.

const PAUSE = 1500;

function ask() {
  const request = new XMLHttpRequest();
  request.open("GET", location.href);
  request.responseType = "document";
  request.onload = () => take(request.response);
  request.onerror = later;
  request.send();
}

function take(answer) {
  const fresh = answer && answer.getElementById("check");
  if (!fresh) return location.reload();
  const runs = fresh.hasAttribute("data-runs");
  // The part itself stays, so that what is new in it is read out.
  document.getElementById("check").replaceChildren(...document.importNode(fresh, true).childNodes);
  if (runs) later();
}

function later() {
  setTimeout(ask, PAUSE);
}

later();

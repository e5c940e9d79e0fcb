// Lists that follow what is typed. Each form marked data-live asks for its page again and takes the
// list out of it; the address bar follows. Without this, the form's button does the same.

const PAUSE = 200;

for (const form of document.querySelectorAll("form[data-live]")) follow(form);

function follow(form) {
  const id = form.dataset.live;
  const said = document.createElement("p");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  form.after(said);
  let waiting = 0;
  let asked = null;

  const look = (strict) => {
    clearTimeout(waiting);
    asked?.abort();
    const address = addressOf(form);
    asked = new XMLHttpRequest();
    const mine = asked;
    mine.open("GET", address);
    mine.responseType = "document";
    mine.onload = () => {
      const list = mine.status === 200 && mine.response?.getElementById(id);
      if (list) return show(list, mine.response, address);
      // What is half typed may be wrong for a moment; what was chosen or sent is told.
      if (strict || new URL(mine.responseURL).pathname !== new URL(address).pathname) location.assign(address);
    };
    mine.onerror = () => strict && location.assign(address);
    mine.send();
  };

  const show = (list, page, address) => {
    document.getElementById(id).replaceWith(document.importNode(list, true));
    said.textContent = list.dataset.said;
    const file = document.getElementById("file");
    if (file) file.href = page.getElementById("file").getAttribute("href");
    for (const wrong of form.querySelectorAll(".is-invalid")) wrong.classList.remove("is-invalid");
    for (const text of form.querySelectorAll(".invalid-feedback")) text.remove();
    history.replaceState(null, "", address);
  };

  form.addEventListener("input", (event) => {
    clearTimeout(waiting);
    if (event.target.matches("input:not([type=date])")) waiting = setTimeout(look, PAUSE, false);
  });
  form.addEventListener("change", (event) => {
    if (event.target.matches("select, input[type=date]")) look(true);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    look(true);
  });
}

function addressOf(form) {
  const wanted = new URL(form.action);
  for (const [name, text] of new FormData(form)) if (text.trim()) wanted.searchParams.set(name, text.trim());
  return wanted.href;
}

/* "Older" puts the next page below this one. Whatever goes wrong, the link is followed as it is. */

const days = document.getElementById("days");
const pages = document.getElementById("pages");

pages?.addEventListener("click", (event) => {
  const link = event.target.closest("a[rel=next]");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
  if (!link || !days || !plain) return;
  event.preventDefault();
  if (link.getAttribute("aria-busy")) return;
  link.setAttribute("aria-busy", "true");
  const request = new XMLHttpRequest();
  request.open("GET", link.href);
  request.responseType = "document";
  request.onerror = () => location.assign(link.href);
  request.onload = () => {
    const found = request.response?.getElementById("days");
    if (request.status !== 200 || !found) return location.assign(link.href);
    append(found);
    pages.replaceChildren(...request.response.getElementById("pages").children);
  };
  request.send();
});

/* A day that goes on keeps its one heading; the first new row gets the focus. */
function append(found) {
  const first = found.querySelector(".rows a");
  for (const section of [...found.children]) {
    const last = days.lastElementChild;
    if (last && last.dataset.day === section.dataset.day) {
      last.querySelector(".rows").append(...section.querySelector(".rows").children);
    } else {
      days.append(section);
    }
  }
  first?.focus();
}

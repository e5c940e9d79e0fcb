// Copying what is shown once, and keeping a double click from sending a form twice.

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const shown = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(shown.innerText.trim());
    button.textContent = button.dataset.done;
  });
}

for (const form of document.querySelectorAll("form[data-once]")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  // A page that comes back out of the browser's memory may be sent again.
  addEventListener("pageshow", () => { sent = false; });
}

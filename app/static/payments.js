// Forms of payments, a little nicer. Without this everything works as well.

// A second click on a button sends nothing; should it come through, the bank does it once anyway.
for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
// Back in the history, the page may come from memory as it was left.
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// Account numbers in groups of four while they are typed; the cursor stays behind its digit.
function group(field) {
  const digits = (text) => text.replace(/[\s-]/g, "");
  if (!/^[\d\s-]*$/.test(field.value)) return;
  const before = digits(field.value.slice(0, field.selectionStart ?? field.value.length)).length;
  field.value = digits(field.value).replace(/(.{4})(?=.)/g, "$1 ");
  const place = before + Math.max(Math.floor((before - 1) / 4), 0);
  if (field === document.activeElement) field.setSelectionRange(place, place);
}
for (const field of document.querySelectorAll("[data-grouped]")) {
  group(field);
  field.addEventListener("input", () => group(field));
}

// A known payee goes into the field, and what was typed beside it stays.
for (const link of document.querySelectorAll("[data-to]")) {
  link.addEventListener("click", (event) => {
    const field = document.querySelector("[name=to]");
    if (!field || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    field.value = link.dataset.to;
    group(field);
    for (const other of document.querySelectorAll("[data-to]")) other.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    document.querySelector("[name=amount]")?.focus();
  });
}

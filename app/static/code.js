// "Send me a code" without leaving the page, so that a password which was typed stays, too. Without
// this the button sends the form, and the page comes back with everything but the passwords.

for (const part of document.querySelectorAll("[data-code]")) follow(part);

function follow(part) {
  const button = part.querySelector(`button[name="${part.dataset.code}"]`);
  if (!button || button.dataset.followed) return;
  button.dataset.followed = "yes";
  const form = button.form;
  button.addEventListener("click", (event) => {
    event.preventDefault();
    const sent = new FormData(form);
    sent.append(button.name, button.value);
    button.disabled = true;
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.responseType = "document";
    request.onload = () => take(part, request.response, form, button);
    request.onerror = () => leave(form, button);
    request.send(new URLSearchParams(sent));
  });
}

function take(part, answer, form, button) {
  const fresh = answer && answer.querySelector(`[data-code="${part.dataset.code}"]`);
  const wrong = answer && answer.querySelector("main .invalid-feedback, main .say.problem");
  if (!fresh || wrong) return leave(form, button);
  const now = document.importNode(fresh, true);
  now.querySelector("input[name=code]").value = part.querySelector("input[name=code]").value;
  part.replaceWith(now);
  follow(now);
  now.querySelector("input[name=code]").focus();
}

// Whatever else it was, the whole page says it.
function leave(form, button) {
  button.disabled = false;
  const pressed = document.createElement("input");
  Object.assign(pressed, { type: "hidden", name: button.name, value: button.value });
  form.append(pressed);
  form.submit();
}

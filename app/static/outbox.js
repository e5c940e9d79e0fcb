// New mails appear by themselves.

const address = location.href;

function look() {
  const request = new XMLHttpRequest();
  request.open("GET", address);
  request.setRequestHeader("Accept", "text/html");
  request.responseType = "document";
  request.onload = () => {
    const [shown, found] = [document, request.response].map((page) => page?.getElementById("mails"));
    if (found && found.dataset.newest !== shown.dataset.newest) shown.replaceWith(found);
  };
  request.onloadend = () => setTimeout(look, 2000);
  request.send();
}

setTimeout(look, 2000);

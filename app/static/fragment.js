// A link's secret stands behind #, which no browser sends: put it into the form, and out of sight.

const field = document.querySelector("input[data-fragment]");
if (field && location.hash.length > 1) {
  field.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  field.form.requestSubmit();
}

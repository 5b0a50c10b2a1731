// A page that has nothing but one form to send, sends it: the link that leads there is then one click.
const form = document.querySelector("form[data-sends-itself]");
if (form) form.requestSubmit();

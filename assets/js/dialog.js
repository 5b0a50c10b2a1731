// Dialogs and popovers in browsers that do not know command="show-modal" and closedby yet.
const knowsCommands = "commandForElement" in HTMLButtonElement.prototype;

if (!knowsCommands) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[commandfor]");
    const dialog = button && document.getElementById(button.getAttribute("commandfor"));
    if (!(dialog instanceof HTMLDialogElement)) return;
    if (button.getAttribute("command") === "show-modal") dialog.showModal();
    else dialog.close();
  });
}

if (!("closedBy" in HTMLDialogElement.prototype)) {
  document.addEventListener("click", (event) => {
    const dialog = event.target;
    if (dialog instanceof HTMLDialogElement && dialog.getAttribute("closedby") === "any") dialog.close();
  });
}

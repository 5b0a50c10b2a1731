// Starts every behaviour of the interface; each lives in the file of its name.
import "./words.js";
import "./navigation.js";
import "./preferences.js";
import "./toast.js";
import "./dialog.js";
import "./menu.js";
import "./palette.js";
import "./shortcuts.js";
import "./list.js";
import "./side-panel.js";
import "./time-ago.js";
import "./copy-button.js";
import "./passkey.js";
import "./password-field.js";
import "./live-region.js";
import "./lazy.js";
import "./enter.js";

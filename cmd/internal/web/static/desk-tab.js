// One desk at a time: a second tab of the same agent asks before it takes over,
// and the first one steps back.

import { t } from "./words.js";
import { alarm, button } from "./desk-kit.js";

export function oneTab(user, { begin, end }) {
  const line = new BroadcastChannel(`forecall-desk-${user}`);
  let mine = false, waiting = 0;
  const take = () => {
    clearTimeout(waiting);
    line.postMessage("taken");
    alarm("tab", "");
    mine = true;
    begin();
  };
  const ask = (text) => alarm("tab", text, button(t("Use the desk here"), take));
  line.onmessage = ({ data }) => {
    if (data === "hello" && mine) line.postMessage("here");
    if (data === "here" && !mine) {
      clearTimeout(waiting);
      ask(t("The desk is open in another tab or window."));
    }
    if (data === "taken" && mine) {
      mine = false;
      end();
      ask(t("The desk has moved to another tab or window."));
    }
  };
  line.postMessage("hello");
  waiting = setTimeout(take, 150); // nobody answered
}

// The help for the keyboard.
import { Dialog } from "../../parts/dialog";
import { t } from "../../text";
import { helpShown } from "./actions";

export function KeysDialog() {
  const s = t.value.keys;
  const keys: Array<[string[], string]> = [
    [["/"], s.search],
    [["Space"], s.play],
    [["↓", "↑"], s.row],
    [["l"], s.like],
    [["x"], s.never],
    [["k"], s.lock],
    [["r"], s.reroll],
    [["Delete"], s.remove],
    [["Alt + ↓", "Alt + ↑"], s.move],
    [["?"], s.help],
  ];
  return (
    <Dialog title={s.title} close={() => (helpShown.value = false)}>
      <p class="soft">{s.told}</p>
      <dl class="keys">
        {keys.map(([names, told]) => (
          <div key={told}>
            <dt>
              {names.map((name) => (
                <kbd key={name}>{name}</kbd>
              ))}
            </dt>
            <dd>{told}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

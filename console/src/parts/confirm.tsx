// A question before something that cannot be taken back.
import { t } from "../text";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { Note } from "./feedback";

interface ConfirmProps {
  title: string;
  warning: string;
  action: string;
  go: () => void;
  close: () => void;
}

export function Confirm({ title, warning, action, go, close }: ConfirmProps) {
  return (
    <Dialog title={title} close={close}>
      <div class="stack">
        <Note>{warning}</Note>
        <div class="row">
          <span class="push row">
            <Button onClick={close}>{t.value.shell.cancel}</Button>
            <Button
              look="danger"
              onClick={() => {
                close();
                go();
              }}
            >
              {action}
            </Button>
          </span>
        </div>
      </div>
    </Dialog>
  );
}

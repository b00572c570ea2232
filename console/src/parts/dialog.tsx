// A modal dialog: the browser keeps the focus inside, and Escape closes it.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../text";
import { IconButton } from "./button";

interface DialogProps {
  title: string;
  close: () => void;
  children: ComponentChildren;
}

export function Dialog({ title, close, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    return () => before instanceof HTMLElement && before.isConnected && before.focus();
  }, []);
  return (
    <dialog
      ref={element}
      aria-labelledby={heading}
      onClose={close}
      onClick={(event) => event.target === element.current && close()}
    >
      <header class="row">
        <h2 id={heading}>{title}</h2>
        <span class="push">
          <IconButton icon="close" label={t.value.shell.close} onClick={close} />
        </span>
      </header>
      {children}
    </dialog>
  );
}

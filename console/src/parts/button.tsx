// Buttons: with words, or with an icon whose words only a screen reader and a tooltip tell.
import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon";

type Look = "plain" | "main" | "quiet" | "danger";

interface Common {
  onClick?: () => void;
  look?: Look;
  little?: boolean;
  disabled?: boolean;
  pressed?: boolean;
  id?: string;
}

const classes = (look: Look = "plain", little = false, extra = ""): string =>
  ["button", look === "plain" ? "" : look, little ? "little" : "", extra].filter(Boolean).join(" ");

interface WordsProps extends Common {
  children: ComponentChildren;
  icon?: IconName;
  submit?: boolean;
  title?: string;
  label?: string;
  /** It opens something, which is open. */
  expanded?: boolean;
}

export function Button({ children, icon, look, little, pressed, submit, title, label, expanded, ...rest }: WordsProps) {
  return (
    <button
      type={submit ? "submit" : "button"}
      class={classes(look, little)}
      aria-pressed={pressed}
      aria-expanded={expanded}
      aria-label={label}
      title={title}
      {...rest}
    >
      {icon && <Icon name={icon} size={little ? 16 : 18} />}
      {children}
    </button>
  );
}

interface IconProps extends Common {
  icon: IconName;
  label: string;
  tabIndex?: number;
  expanded?: boolean;
}

export function IconButton({ icon, label, look = "quiet", little, pressed, expanded, ...rest }: IconProps) {
  return (
    <button
      type="button"
      class={classes(look, little, "icon")}
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      aria-expanded={expanded}
      {...rest}
    >
      <Icon name={icon} size={little ? 17 : 20} />
    </button>
  );
}

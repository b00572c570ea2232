// How far something is.
interface BarProps {
  label: string;
  /** 0 to 1. */
  share: number;
  shown: string;
  tone?: "soft";
}

export function Bar({ label, share, shown, tone }: BarProps) {
  const percent = Math.round(1000 * Math.min(1, Math.max(0, share))) / 10;
  return (
    <div
      class="bar"
      data-tone={tone}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={shown}
    >
      <span style={{ width: `${percent}%` }} />
    </div>
  );
}

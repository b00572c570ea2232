// The end of a log, followed while the page is seen.
import { useEffect, useRef, useState } from "preact/hooks";
import * as admin from "../../api/admin";
import { Failed, Loading } from "../../parts/feedback";
import { Choice, Switch } from "../../parts/fields";
import { useLoaded } from "../../parts/load";
import { t } from "../../text";
import { plain } from "../../text/format";

const MOST = 500;
const EVERY = 2_000;

interface Tail {
  lines: string[];
  end: number;
}

function Lines({ name, follow }: { name: string; follow: boolean }) {
  const s = t.value.system;
  const [tail, setTail] = useState<Tail | null>(null);
  const [error, setError] = useState<unknown>(null);
  const element = useRef<HTMLDivElement>(null);
  const known = useRef<Tail | null>(null);
  const load = async (): Promise<void> => {
    try {
      const found = await admin.logTail(name, known.current?.end);
      known.current = { lines: [...(known.current?.lines ?? []), ...found.lines].slice(-MOST), end: found.end };
      setTail(known.current);
      setError(null);
    } catch (failed) {
      setError(failed);
    }
  };
  useEffect(() => {
    void load();
    if (!follow) return undefined;
    const timer = setInterval(() => !document.hidden && void load(), EVERY);
    return () => clearInterval(timer);
  }, [name, follow]);
  useEffect(() => {
    if (follow && element.current) element.current.scrollTop = element.current.scrollHeight;
  }, [tail, follow]);
  if (error !== null) return <Failed error={error} again={() => void load()} />;
  if (!tail) return <Loading />;
  return (
    <div class="log" ref={element} tabIndex={0} role="log" aria-label={plain(name)} aria-live="off">
      {tail.lines.length ? tail.lines.map(plain).join("\n") : s.noLines}
    </div>
  );
}

export function Logs() {
  const s = t.value.system;
  const { value, error, load } = useLoaded(admin.logs);
  const [chosen, setChosen] = useState<string | null>(null);
  const [follow, setFollow] = useState(true);
  const names = value.value?.logs.map((log) => log.name) ?? [];
  const name = chosen ?? (names.includes("gateway") ? "gateway" : names[0]);
  return (
    <section class="card stack" aria-labelledby="logs">
      <header class="row">
        <h2 id="logs">{s.logs}</h2>
        <span class="push">
          <Switch label={s.follow} checked={follow} onChange={setFollow} />
        </span>
      </header>
      {error.value !== null && <Failed error={error.value} again={() => void load()} />}
      {names.length > 0 && (
        <Choice
          label={s.log}
          value={name ?? ""}
          options={names.map((each) => ({ value: each, text: plain(each) }))}
          onChange={setChosen}
        />
      )}
      {name && <Lines key={name} name={name} follow={follow} />}
    </section>
  );
}

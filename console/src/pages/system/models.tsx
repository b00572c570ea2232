// Models: loaded or not, and how many workers each should have.
import { useEffect } from "preact/hooks";
import * as admin from "../../api/admin";
import type { AdminModel } from "../../api/types";
import { on, type Topic } from "../../live/state";
import { Button, IconButton } from "../../parts/button";
import { Badge, Failed, Loading, type Tone } from "../../parts/feedback";
import { settled, useLoaded } from "../../parts/load";
import { toast, toastError } from "../../parts/toast";
import { t } from "../../text";
import { number, plain } from "../../text/format";

const TOPICS: Topic[] = ["model.loading", "model.loaded", "model.unloaded", "model.failed", "worker.up", "worker.down"];
const MOST = 8;
const REST = 250;

function states(model: AdminModel): Array<[Tone, string]> {
  const s = t.value.system;
  if (model.status === "unavailable") return [["plain", s.unavailable]];
  const stub: Array<[Tone, string]> = model.status === "stub" ? [["warn", s.stub]] : [];
  return [model.loaded ? ["good", s.loaded] : ["plain", s.idle], ...stub];
}

async function guarded(work: Promise<unknown>): Promise<void> {
  await work.catch(toastError);
}

async function scale(model: AdminModel, workers: number): Promise<void> {
  await admin.scaleModel(model.name, workers);
  toast(t.value.system.scaled(plain(model.name), number(workers)));
}

function Stepper({ model, load }: { model: AdminModel; load: () => Promise<void> }) {
  const s = t.value.system;
  const wanted = model.scale ?? model.workers;
  const name = plain(model.name);
  const to = (workers: number): void => void guarded(scale(model, workers).then(load));
  return (
    <span class="stepper" role="group" aria-label={s.scaleOf(name)}>
      <IconButton little icon="minus" label={s.fewer(name)} disabled={wanted <= 0} onClick={() => to(wanted - 1)} />
      <output class="number" aria-label={s.scaleOf(name)}>
        {number(wanted)}
      </output>
      <IconButton little icon="more" label={s.oneMore(name)} disabled={wanted >= MOST} onClick={() => to(wanted + 1)} />
    </span>
  );
}

function ModelRow({ model, load }: { model: AdminModel; load: () => Promise<void> }) {
  const s = t.value.system;
  const order = model.loaded ? "unload" : "load";
  const facts = [s.dimensions(number(model.dimension)), model.device ?? "", model.text ? s.reads : "", model.license];
  return (
    <li class="model-row">
      <div>
        <div class="row">
          <strong>{plain(model.name)}</strong>
          {states(model).map(([tone, text]) => (
            <Badge key={text} tone={tone}>
              {text}
            </Badge>
          ))}
        </div>
        <p class="small soft">{plain(model.reason ?? model.description)}</p>
        <p class="small soft">{facts.filter(Boolean).map(plain).join(" · ")}</p>
      </div>
      <div class="row">
        <Button
          little
          disabled={model.status === "unavailable"}
          label={(model.loaded ? s.unloadOne : s.loadOne)(plain(model.name))}
          onClick={() => void guarded(admin.orderModel(model.name, order).then(load))}
        >
          {model.loaded ? s.unload : s.load}
        </Button>
        <Stepper model={model} load={load} />
      </div>
    </li>
  );
}

export function Models() {
  const s = t.value.system;
  const { value, error, load } = useLoaded(admin.models);
  useEffect(() => {
    const soon = settled(() => void load(), REST);
    const ends = TOPICS.map((topic) => on(topic, soon));
    return () => ends.forEach((end) => end());
  }, []);
  const found = value.value;
  const isUsed = (model: AdminModel): boolean => model.enabled || model.workers > 0;
  const enabled = found?.filter(isUsed) ?? [];
  const others = found?.filter((model) => !isUsed(model)) ?? [];
  return (
    <section class="card" aria-labelledby="models">
      <header>
        <h2 id="models">{s.models}</h2>
      </header>
      {error.value !== null && <Failed error={error.value} again={() => void load()} />}
      {!found && error.value === null && <Loading />}
      <ul>{enabled.map((model) => <ModelRow key={model.name} model={model} load={load} />)}</ul>
      {others.length > 0 && (
        <details>
          <summary class="soft">{s.notEnabled(number(others.length))}</summary>
          <ul>{others.map((model) => <ModelRow key={model.name} model={model} load={load} />)}</ul>
        </details>
      )}
    </section>
  );
}

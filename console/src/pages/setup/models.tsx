// Step 3: which models, and what each of them costs on this machine.
import { useEffect, useState } from "preact/hooks";
import * as setup from "../../api/setup";
import type { ModelCost, SetupModel } from "../../contract";
import { Button } from "../../parts/button";
import { Badge } from "../../parts/feedback";
import { t } from "../../text";
import { bytes, number, plain } from "../../text/format";
import { Busy, StepError } from "./parts";
import { checked, chosenModels, costs, known, models, step } from "./state";

export function span(hours: number): string {
  const s = t.value.setup;
  const minutes = Math.round(hours * 60);
  if (minutes < 1) return s.moments;
  if (minutes < 120) return s.minutes(minutes, number(minutes));
  return hours < 72 ? s.hours(number(hours)) : s.days(number(hours / 24));
}

function Cost({ cost }: { cost: ModelCost }) {
  const s = t.value.setup;
  const tracks = t.value.shell.tracks(cost.tracks, number(cost.tracks));
  const memory = s.costMemory(bytes(cost.memory_bytes * cost.workers), bytes(known.value!.memory_bytes));
  return (
    <span class="small">
      <strong>{s.cost(span(cost.hours), tracks)}</strong> · {memory} · {s.measuredOn(number(cost.measured))}
    </span>
  );
}

interface RowProps {
  model: SetupModel;
  busy: boolean;
  measure: (name: string) => void;
}

function Model({ model, busy, measure }: RowProps) {
  const s = t.value.setup;
  const names = chosenModels();
  const cost = costs.value[model.name];
  const toggle = (on: boolean): void => {
    models.value = on ? [...names, model.name] : names.filter((name) => name !== model.name);
    if (on && cost === undefined) measure(model.name);
  };
  return (
    <li class="option">
      <input
        id={`model-${model.name}`}
        type="checkbox"
        checked={names.includes(model.name)}
        disabled={model.needs !== ""}
        aria-describedby={`model-${model.name}-told`}
        onChange={(event) => toggle(event.currentTarget.checked)}
      />
      <div>
        <div class="row">
          <label for={`model-${model.name}`}>
            <strong>{plain(model.name)}</strong>
          </label>
          {model.default && <Badge tone="good">{s.isDefault}</Badge>}
        </div>
        <div id={`model-${model.name}-told`}>
          <p class="small">{plain(model.description)}</p>
          <p class="small soft">
            {s.licence}: {plain(model.license)}
          </p>
          {model.needs && (
            <p class="small soft">
              {s.needs}: {plain(model.needs)}
            </p>
          )}
          {cost && <Cost cost={cost} />}
          {cost === null && <span class="small soft">{s.notMeasured}</span>}
        </div>
        {!cost && !model.needs && (
          <Button little disabled={busy} label={s.measureOne(plain(model.name))} onClick={() => measure(model.name)}>
            {s.measure}
          </Button>
        )}
      </div>
    </li>
  );
}

export function ModelsStep() {
  const s = t.value.setup;
  const [measuring, setMeasuring] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const measure = async (name: string): Promise<void> => {
    const library = checked.value!;
    setMeasuring(name);
    setError(null);
    try {
      const found = await setup.cost({ database: library.database, path_map: library.path_map, model: name });
      costs.value = { ...costs.value, [name]: found };
    } catch (failed) {
      costs.value = { ...costs.value, [name]: null };
      setError(failed);
    }
    setMeasuring(null);
  };
  const open = async (): Promise<void> => {
    try {
      known.value ??= await setup.models();
      const [name] = chosenModels().filter((each) => costs.value[each] === undefined);
      if (name) await measure(name);
    } catch (failed) {
      setError(failed);
    }
  };
  useEffect(() => void open(), []);
  return (
    <div class="stack">
      <h2>{s.modelsTitle}</h2>
      <p class="soft">{s.modelsTold}</p>
      {!known.value && error === null && <Busy>{t.value.shell.loading}</Busy>}
      <ul class="options">
        {(known.value?.models ?? []).map((model) => (
          <Model key={model.name} model={model} busy={measuring !== null} measure={(name) => void measure(name)} />
        ))}
      </ul>
      {measuring && <Busy>{s.measuring(plain(measuring))}</Busy>}
      {error !== null && <StepError error={error} />}
      <div class="row">
        <Button look="main" disabled={!known.value || !chosenModels().length} onClick={() => (step.value = "start")}>
          {s.next}
        </Button>
        <Button onClick={() => (step.value = "check")}>{s.back}</Button>
      </div>
    </div>
  );
}

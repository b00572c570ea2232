// Every setting of the mesh and where its value comes from. Secrets never leave the gateway.
import { useState } from "preact/hooks";
import * as admin from "../../api/admin";
import type { OperatorSetting } from "../../api/types";
import { Badge, Failed, Loading } from "../../parts/feedback";
import { Check, TextField } from "../../parts/fields";
import { useLoaded } from "../../parts/load";
import { Table } from "../../parts/table";
import { t } from "../../text";
import { plain } from "../../text/format";

export function OperatorSettings() {
  const s = t.value.system;
  const { value, error, load } = useLoaded(admin.settings);
  const [filter, setFilter] = useState("");
  const [onlySet, setOnlySet] = useState(true);
  const words = filter.toLowerCase();
  const fits = (each: OperatorSetting): boolean =>
    (!onlySet || each.origin !== "default") && `${each.variable} ${each.description}`.toLowerCase().includes(words);
  const rows = value.value?.settings.filter(fits) ?? [];
  return (
    <section class="card stack" aria-labelledby="settings">
      <header class="row">
        <h2 id="settings">{s.settings}</h2>
        <span class="soft small">{s.settingsTold}</span>
      </header>
      <TextField bare label={s.filter} placeholder={s.filter} value={filter} onInput={setFilter} />
      <Check checked={onlySet} onChange={setOnlySet}>
        {s.onlySet}
      </Check>
      {error.value !== null && <Failed error={error.value} again={() => void load()} />}
      {!value.value && error.value === null && <Loading />}
      <Table
        label={s.settings}
        columns={[
          {
            name: s.variable,
            cell: (each: OperatorSetting) => (
              <div>
                <code>{each.variable}</code>
                <div class="small soft">{plain(each.description)}</div>
              </div>
            ),
          },
          { name: s.value, cell: (each: OperatorSetting) => <code>{plain(String(each.value ?? "")) || s.none}</code> },
          {
            name: s.origin,
            cell: (each: OperatorSetting) => (
              <Badge tone={each.origin === "default" ? "plain" : "good"}>{s.origins[each.origin] ?? each.origin}</Badge>
            ),
          },
        ]}
        rows={rows}
        keyOf={(each) => each.variable}
      />
    </section>
  );
}

// What the page of the first run asks.
import type {
  Applied,
  ApplyRequest,
  CheckRequest,
  CostRequest,
  FirstList,
  ModelCost,
  SetupCheck,
  SetupFindings,
  SetupModels,
} from "../contract";
import { BASE, call } from "./http";
import { R } from "./people";

const S = `${R}/setup`;

export const look = (): Promise<SetupFindings> => call(`${S}/look`);
export const check = (body: CheckRequest): Promise<SetupCheck> => call(`${S}/check`, { body });
export const models = (): Promise<SetupModels> => call(`${S}/models`);
export const cost = (body: CostRequest): Promise<ModelCost> => call(`${S}/cost`, { body });
export const apply = (body: ApplyRequest): Promise<Applied> => call(`${S}/apply`, { body });

export const firstList = (): Promise<FirstList> => call(`${R}/admin/first-list`);
export const pluginFile = `${BASE}${R}/admin/plugin`;

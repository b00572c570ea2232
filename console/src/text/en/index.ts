import { errors, warnings } from "./codes";
import { explore, keys, list } from "./explore";
import { labels } from "./labels";
import { library } from "./library";
import { mixes, settings } from "./people";
import { player, shell, signin } from "./shell";
import { system } from "./system";

export const en = { shell, signin, player, explore, list, keys, labels, mixes, settings, library, system, errors, warnings };

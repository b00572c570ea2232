import { render } from "preact";
import { App } from "./app";
import "./shell/theme";
import { refreshSession } from "./shell/session";
import "./style/index.css";

void refreshSession();
render(<App />, document.getElementById("app")!);

// What the page needs of Vega, without `eval`: its security policy forbids that.
import { expressionInterpreter } from "vega-interpreter";
import { compile } from "vega-lite";
import { View, parse } from "vega";

globalThis.vega = { View, parse, compile, expressionInterpreter };

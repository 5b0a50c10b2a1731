// What csp_evaluator finds in the policy that is given, as JSON: [{"severity", "directive", "value", "description"}].
import evaluator from "csp_evaluator/dist/evaluator.js";
import finding from "csp_evaluator/dist/finding.js";
import parser from "csp_evaluator/dist/parser.js";

const policy = new parser.CspParser(process.argv[2]).csp;
const found = new evaluator.CspEvaluator(policy).evaluate();
const told = found.map(({ severity, directive, value, description }) => ({
  severity: finding.Severity[severity],
  directive,
  value: value ?? null,
  description,
}));
console.log(JSON.stringify(told));

-- What wrk sends: deposits of one cent, with the tokens of TOKENS (a file, one in each line).
-- At random, or with IN_TURN one after the other. Every deposit has an Idempotency-Key of its own.
local tokens = {}
local sent = 0
local run = os.getenv("RUN")
local in_turn = os.getenv("IN_TURN")
local headers = { ["Content-Type"] = "application/json" }

function init(arguments)
  for line in io.lines(os.getenv("TOKENS")) do
    tokens[#tokens + 1] = "Bearer " .. line
  end
  math.randomseed(tonumber(os.getenv("SEED")))
end

function request()
  sent = sent + 1
  headers["Authorization"] = tokens[in_turn and sent % #tokens + 1 or math.random(#tokens)]
  headers["Idempotency-Key"] = string.format("%s-%016d", run, sent)
  return wrk.format("POST", "/deposit", headers, '{"amount": "0.01"}')
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.6f, "p50": %.3f, "p99": %.3f, "failed": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end

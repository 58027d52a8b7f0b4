#include "neusoc.h"

int neusoc_identify(neusoc_identity *who) {
  uint32_t id = neusoc_read(NEUSOC_OFFSET(id)), size = neusoc_read(NEUSOC_OFFSET(size));
  if (NEUSOC_GET(ID, MAGIC, id) != CONTROLLER_REGS__ID__MAGIC_reset) return NEUSOC_NO_CHIP;
  if (NEUSOC_GET(VERSION, INTERFACE, neusoc_read(NEUSOC_OFFSET(version))) != CONTROLLER_REGS__VERSION__INTERFACE_reset) return NEUSOC_VERSION;
  who->rows = NEUSOC_GET(ID, ROWS, id) + 1;
  who->neurons = NEUSOC_GET(ID, NEURONS, id) + 1;
  who->columns = NEUSOC_GET(SIZE, COLUMNS, size) + 1;
  who->results = NEUSOC_GET(SIZE, RESULTS, size);
  who->levels = NEUSOC_GET(SIZE, LEVELS, size);
  who->clock_lost = NEUSOC_GET(ERROR, CLOCK, neusoc_read(NEUSOC_OFFSET(error)));
  neusoc_write(NEUSOC_OFFSET(error), 0); /* of an earlier user of the bus */
  return neusoc_check();
}

static int clock_lost(void) {
  neusoc_write(NEUSOC_OFFSET(error), 0);
  return NEUSOC_CLOCK;
}

int neusoc_check(void) {
  uint32_t told = neusoc_read(NEUSOC_OFFSET(error)), code = NEUSOC_GET(ERROR, BUS, told);
  if (NEUSOC_GET(ERROR, CLOCK, told)) return clock_lost();
  uint32_t rail = NEUSOC_GET(ERROR, RAIL, told);
  if (!code && !rail) return NEUSOC_OK;
  neusoc_write(NEUSOC_OFFSET(error), 0);
  neusoc_write(NEUSOC_OFFSET(irq_status), code ? NEUSOC_PUT(IRQ_STATUS, BUS_ERROR, 1) : NEUSOC_PUT(IRQ_STATUS, RAIL, 1));
  return code ? NEUSOC_REFUSED + (int)code : NEUSOC_RAIL;
}

int neusoc_set(uint32_t offset, uint32_t value) {
  neusoc_write(offset, value);
  return neusoc_check();
}

int neusoc_arm(void) { return neusoc_set(NEUSOC_OFFSET(key), NEUSOC_KEY); }
int neusoc_disarm(void) { return neusoc_set(NEUSOC_OFFSET(key), 0); }

/* --- jobs */

static uint32_t columns_of(const neusoc_job *job) { return job->col_last - job->col_first + 1; }
static uint32_t cells_of(const neusoc_job *job) { return (job->row_last - job->row_first + 1) * columns_of(job); }

typedef struct {
  uint32_t mask, reset, armed;
} limit;

static int as_after_reset(uint32_t offset, const limit *limits, uint32_t count) {
  uint32_t now = neusoc_read(offset), reset = 0;
  for (uint32_t k = 0; k < count; k++) reset |= limits[k].reset;
  return now == reset;
}

static int opened(uint32_t offset, const limit *limits, uint32_t count) {
  uint32_t armed = 0;
  for (uint32_t k = 0; k < count; k++) armed |= limits[k].armed;
  return neusoc_set(offset, armed);
}

/* Limits of programming where all stand as after reset, when they let FORM alone pass; others are someone's own, and LOCK holds them. */
static int open_limits(void) {
  static const limit codes[] = CONTROLLER_REGS__LIMITS_CODES_armed, pulses[] = CONTROLLER_REGS__LIMITS_PULSES_armed;
  const uint32_t of_codes = sizeof codes / sizeof codes[0], of_pulses = sizeof pulses / sizeof pulses[0];
  if (!as_after_reset(NEUSOC_OFFSET(limits_codes), codes, of_codes)) return NEUSOC_OK;
  if (!as_after_reset(NEUSOC_OFFSET(limits_pulses), pulses, of_pulses)) return NEUSOC_OK;
  if (neusoc_read(NEUSOC_OFFSET(lock))) return NEUSOC_OK;
  int status = opened(NEUSOC_OFFSET(limits_codes), codes, of_codes);
  return status ? status : opened(NEUSOC_OFFSET(limits_pulses), pulses, of_pulses);
}

static int beyond_form(uint32_t operation) {
  return operation == NEUSOC_SET || operation == NEUSOC_RESET || operation == NEUSOC_PROGRAM || operation == NEUSOC_REFRESH;
}

/* Words of levels, as far as there is room; held: words that wait in the chip. */
static int feed(neusoc_job *job, uint32_t held) {
  uint32_t cells = job->levels ? cells_of(job) : 0;
  while (job->sent * NEUSOC_LEVELS_A_WORD < cells && held < NEUSOC_BUFFER_WORDS) {
    uint32_t first = job->sent * NEUSOC_LEVELS_A_WORD, word = 0;
    if (job->ahead && job->sent && first + NEUSOC_LEVELS_A_WORD > job->taken + job->ahead) break;
    for (uint32_t k = 0; k < NEUSOC_LEVELS_A_WORD && first + k < cells; k++) word |= (uint32_t)job->levels[first + k] << (8 * k);
    int status = neusoc_set(NEUSOC_OFFSET(levels), word);
    if (status == NEUSOC_REFUSED + 9) break; /* the job has ended since the last look: ERROR.job tells why */
    if (status) return status;
    job->sent++;
    held++;
  }
  return NEUSOC_OK;
}

int neusoc_begin(neusoc_job *job) {
  job->sent = job->taken = 0;
  int opened = beyond_form(job->operation) ? open_limits() : NEUSOC_OK;
  if (opened) return opened;
  uint32_t rows = NEUSOC_PUT(REGION, ROW_FIRST, job->row_first) | NEUSOC_PUT(REGION, ROW_LAST, job->row_last);
  uint32_t columns = NEUSOC_PUT(REGION, COL_FIRST, job->col_first) | NEUSOC_PUT(REGION, COL_LAST, job->col_last);
  int status = neusoc_set(NEUSOC_OFFSET(region), rows | columns); /* first: it opens LEVELS */
  if (!status) status = feed(job, 0);
  return status ? status : neusoc_set(NEUSOC_OFFSET(command), NEUSOC_PUT(COMMAND, OPERATION, job->operation));
}

static int take(neusoc_job *job, neusoc_cell *cells) {
  if (job->taken >= cells_of(job)) return NEUSOC_STRANGE;
  neusoc_cell *cell = &cells[job->taken];
  uint32_t at = neusoc_read(NEUSOC_OFFSET(result_cell)), word = neusoc_read(NEUSOC_OFFSET(result)); /* the second takes it */
  cell->row = (uint8_t)NEUSOC_GET(RESULT_CELL, ROW, at);
  cell->col = (uint8_t)NEUSOC_GET(RESULT_CELL, COL, at);
  cell->outcome = (uint8_t)NEUSOC_GET(RESULT, OUTCOME, word);
  cell->pulses = (uint8_t)NEUSOC_GET(RESULT, PULSES, word);
  cell->code = (uint8_t)NEUSOC_GET(RESULT, CODE, word);
  uint32_t row = job->row_first + job->taken / columns_of(job), col = job->col_first + job->taken % columns_of(job);
  if (!NEUSOC_GET(RESULT, VALID, word) || cell->row != row || cell->col != col) return NEUSOC_STRANGE;
  job->taken++;
  return NEUSOC_OK;
}

int neusoc_step(neusoc_job *job, neusoc_cell *cells) {
  uint32_t state = neusoc_read(NEUSOC_OFFSET(job_status)), results = NEUSOC_GET(JOB_STATUS, RESULTS, state), sent = job->sent;
  int busy = NEUSOC_GET(JOB_STATUS, BUSY, state) != 0, status;
  if (!results && !busy) {
    uint32_t told = neusoc_read(NEUSOC_OFFSET(error)), code = NEUSOC_GET(ERROR, JOB, told);
    if (NEUSOC_GET(ERROR, CLOCK, told)) return clock_lost();
    return code ? NEUSOC_JOB + (int)code : NEUSOC_OK;
  }
  for (uint32_t k = 0; k < results; k++)
    if ((status = take(job, cells))) return neusoc_check() == NEUSOC_CLOCK ? NEUSOC_CLOCK : status;
  if (results) return NEUSOC_GOES_ON; /* its caller may end the job here, before more levels go out */
  if ((status = feed(job, NEUSOC_GET(JOB_STATUS, LEVEL_WORDS, state)))) return status;
  return job->sent > sent ? NEUSOC_GOES_ON : NEUSOC_WAITS;
}

int neusoc_run(neusoc_job *job, neusoc_cell *cells, uint32_t looks) {
  int status = neusoc_begin(job);
  if (status) return status;
  for (uint32_t left = looks; left; left--) {
    status = neusoc_step(job, cells);
    if (status == NEUSOC_GOES_ON) left = looks + 1;
    else if (status != NEUSOC_WAITS) return status;
    else neusoc_pause();
  }
  return NEUSOC_TIMEOUT;
}

int neusoc_hold(uint32_t row, uint32_t col) {
  neusoc_job job = {.operation = NEUSOC_HOLD, .row_first = row, .row_last = row, .col_first = col, .col_last = col};
  int status = neusoc_begin(&job);
  if (status || NEUSOC_GET(JOB_STATUS, BUSY, neusoc_read(NEUSOC_OFFSET(job_status)))) return status;
  return NEUSOC_JOB + (int)NEUSOC_GET(ERROR, JOB, neusoc_read(NEUSOC_OFFSET(error)));
}

/* Until no bit of mask is set in a register. */
static int until_clear(uint32_t offset, uint32_t mask, uint32_t looks) {
  while (neusoc_read(offset) & mask) {
    if (!looks--) return NEUSOC_TIMEOUT;
    neusoc_pause();
  }
  return NEUSOC_OK;
}

int neusoc_stop(int drop, uint32_t looks) {
  int status = neusoc_set(NEUSOC_OFFSET(stop), NEUSOC_PUT(STOP, JOB, 1));
  if (!status) status = until_clear(NEUSOC_OFFSET(job_status), CONTROLLER_REGS__JOB_STATUS__BUSY_bm, looks);
  return status || !drop ? status : neusoc_set(NEUSOC_OFFSET(stop), NEUSOC_PUT(STOP, RESULTS, 1));
}

/* --- events and spikes */

#define EVENT_BUSY CONTROLLER_REGS__STATUS__EVENT_IN_BUSY_bm
#define QUIET (EVENT_BUSY | CONTROLLER_REGS__STATUS__PULSE_BUSY_bm)

int neusoc_send(const uint8_t *rows, uint32_t count, uint32_t looks) {
  uint32_t last = NEUSOC_GET(ID, ROWS, neusoc_read(NEUSOC_OFFSET(id))), before = neusoc_read(NEUSOC_OFFSET(errors));
  int status;
  for (uint32_t k = 0; k < count; k++)
    if (rows[k] > last) return NEUSOC_NO_ROW;
  if (!NEUSOC_GET(CTRL, ENABLE, neusoc_read(NEUSOC_OFFSET(ctrl)))) return NEUSOC_HALTED;
  for (uint32_t k = 0; k < count; k++) {
    if ((status = until_clear(NEUSOC_OFFSET(status), EVENT_BUSY, looks))) return status;
    neusoc_write(NEUSOC_OFFSET(event_in), rows[k]);
  }
  if ((status = until_clear(NEUSOC_OFFSET(status), QUIET, looks)) || (status = neusoc_check())) return status;
  return NEUSOC_GET(ERRORS, OVERFLOW, neusoc_read(NEUSOC_OFFSET(errors))) == NEUSOC_GET(ERRORS, OVERFLOW, before) ? NEUSOC_OK : NEUSOC_LOST;
}

int neusoc_spikes(uint8_t *neurons, uint32_t most, uint32_t *count) {
  uint32_t word;
  *count = 0;
  if (NEUSOC_GET(CTRL, AER_OUT, neusoc_read(NEUSOC_OFFSET(ctrl)))) return NEUSOC_AER_OUT;
  while (*count < most && NEUSOC_GET(EVENT_OUT, VALID, word = neusoc_read(NEUSOC_OFFSET(event_out))))
    neurons[(*count)++] = (uint8_t)NEUSOC_GET(EVENT_OUT, NEURON, word);
  return NEUSOC_OK;
}

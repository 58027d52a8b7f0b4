/* The event router of a chip of two cores, and which core the other calls reach: for NEUSOC_TWO_CORES. */
#include "neusoc.h"
#include "router_regs.h"

#define GET(REG, FIELD, word) (((word) & ROUTER_REGS__##REG##__##FIELD##_bm) >> ROUTER_REGS__##REG##__##FIELD##_bp)

uint32_t neusoc_first = 0;

int neusoc_select(uint32_t core) {
  if (core >= NEUSOC_CORES) return NEUSOC_NO_ROUTE;
  neusoc_first = core * ROUTER_REGS_WINDOW;
  return NEUSOC_OK;
}

uint32_t neusoc_router_get(uint32_t offset) { return neusoc_read(ROUTER_REGS_OFFSET + offset); }

int neusoc_router_check(void) {
  uint32_t told = neusoc_router_get(ROUTER_REGS__REFUSED_offset);
  if (!GET(REFUSED, COUNT, told)) return NEUSOC_OK;
  neusoc_write(ROUTER_REGS_OFFSET + ROUTER_REGS__REFUSED_offset, 0);
  return NEUSOC_ROUTER + (int)GET(REFUSED, CODE, told);
}

int neusoc_router_set(uint32_t offset, uint32_t value) {
  neusoc_write(ROUTER_REGS_OFFSET + offset, value);
  return neusoc_router_check();
}

static int sizes(uint32_t *rows, uint32_t *neurons) {
  uint32_t id = neusoc_router_get(ROUTER_REGS__ID_offset);
  if (GET(ID, MAGIC, id) != ROUTER_REGS__ID__MAGIC_reset) return NEUSOC_NO_CHIP;
  *rows = GET(ID, ROWS, id) + 1;
  *neurons = GET(ID, NEURONS, id) + 1;
  return NEUSOC_OK;
}

int neusoc_router_identify(uint32_t *rows, uint32_t *neurons) {
  int status = sizes(rows, neurons);
  if (!status) neusoc_write(ROUTER_REGS_OFFSET + ROUTER_REGS__REFUSED_offset, 0); /* of an earlier user of the bus */
  return status;
}

int neusoc_route(uint32_t core, uint32_t neuron, const neusoc_route_to *to) {
  static const uint32_t there[NEUSOC_CORES] = {ROUTER_REGS__ROUTE__CORE0_bm, ROUTER_REGS__ROUTE__CORE1_bm};
  static const uint32_t place[NEUSOC_CORES] = {ROUTER_REGS__ROUTE__ROW0_bp, ROUTER_REGS__ROUTE__ROW1_bp};
  uint32_t rows, neurons, word = to->out ? ROUTER_REGS__ROUTE__OUT_bm : 0;
  int status = sizes(&rows, &neurons);
  if (status) return status;
  if (core >= NEUSOC_CORES || neuron >= neurons) return NEUSOC_NO_ROUTE;
  for (uint32_t k = 0; k < NEUSOC_CORES; k++) {
    if (to->row[k] == NEUSOC_NOWHERE) continue;
    if (to->row[k] < 0 || (uint32_t)to->row[k] >= rows) return NEUSOC_NO_ROUTE;
    word |= there[k] | (uint32_t)to->row[k] << place[k];
  }
  uint32_t at = core * (ROUTER_REGS__ROUTE_words / NEUSOC_CORES) + neuron;
  return neusoc_router_set(ROUTER_REGS__ROUTE_offset + 4 * at, word);
}

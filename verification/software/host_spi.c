// A board's master and pause on a host: whoever loads the library binds them.
#include "spi.h"

static int (*bound_exchange)(uint8_t *, uint32_t);
static void (*bound_pause)(void);

static int exchange(void *board, uint8_t *bytes, uint32_t count) { return board == &bound_exchange ? bound_exchange(bytes, count) : 1; }

void neusoc_bind(int (*exchanged)(uint8_t *, uint32_t), void (*pause)(void)) {
  if (exchanged != bound_exchange) neusoc_spi_open(exchange, &bound_exchange); /* what failed stays to be asked for */
  bound_exchange = exchanged;
  bound_pause = pause;
}

void neusoc_pause(void) { bound_pause(); }

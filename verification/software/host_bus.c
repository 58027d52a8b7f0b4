// The C driver's three bus functions on a host: whoever loads the library binds them.
#include "neusoc.h"

static uint32_t (*bound_read)(uint32_t);
static void (*bound_write)(uint32_t, uint32_t);
static void (*bound_pause)(void);

void neusoc_bind(uint32_t (*read)(uint32_t), void (*write)(uint32_t, uint32_t), void (*pause)(void)) {
  bound_read = read;
  bound_write = write;
  bound_pause = pause;
}

uint32_t neusoc_read(uint32_t offset) { return bound_read(offset); }
void neusoc_write(uint32_t offset, uint32_t value) { bound_write(offset, value); }
void neusoc_pause(void) { bound_pause(); }

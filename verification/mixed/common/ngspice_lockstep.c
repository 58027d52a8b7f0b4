// SPDX-License-Identifier: Apache-2.0
/* ngspice as a coroutine: runs a transient in its own thread up to a time that the host names, waits there, goes on when told.
 *
 * ngspice calls back before each time step (at_step). The step is cut so that it ends exactly on the named time; there the simulator
 * thread parks until the host moves the time on. Sources declared `external` in the netlist follow the host's values along a ramp of
 * finite slew, which starts with a small first step and whose end is never stepped over.
 *
 * Every wait of the host is bounded. A simulator that ends, exits or fails wakes the host at once; what it printed is kept.
 * ngspice has one global state, so one circuit in a process; the host calls from one thread.
 */
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <ngspice/sharedspice.h>

enum status { OK = 0, ENDED = 1, TIMED_OUT = 2, MISUSED = 3 };
enum { NAME_LENGTH = 64, SOURCES = 512, VECTORS = 4096 };
/* s: times nearer than this are the same. Steps much shorter than this do not converge: the rounding of a node voltage over so
 * short a time is more capacitor current than the tolerance of a branch current. */
static const double SAME_TIME = 1e-13;
static const size_t LOG_LIMIT = 1 << 20;

struct source {
    char name[NAME_LENGTH];
    double from, to;                            /* V */
    double start, slew;                         /* s: begin and length of the ramp */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;                  /* on the monotonic clock */
static bool initialised, started, parked, ended, closing, fresh_values;
static double now, target, ramp_end, first_step = 5e-12;

static struct source sources[SOURCES];
static int source_count;

static char *vector_names[VECTORS];
static int vector_count;
static double *record;                          /* row by row: all vectors at each accepted time point */
static long record_points, record_room;

static char *log_text;
static size_t log_length;

/* ---- callbacks, most of them in the simulator's thread ---- */

static int at_print(char *text, int id, void *user) {
    (void)id, (void)user;
    pthread_mutex_lock(&lock);
    size_t length = strlen(text);
    if (log_length + length + 2 < LOG_LIMIT) {
        char *grown = realloc(log_text, log_length + length + 2);
        if (grown) {
            log_text = grown;
            memcpy(log_text + log_length, text, length);
            memcpy(log_text + log_length + length, "\n", 2);
            log_length += length + 1;
        }
    }
    pthread_mutex_unlock(&lock);
    return 0;
}

static void mark_ended(void) {
    pthread_mutex_lock(&lock);
    ended = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static int at_exit(int code, NG_BOOL immediate, NG_BOOL by_quit, int id, void *user) {
    (void)code, (void)immediate, (void)by_quit, (void)id, (void)user;
    mark_ended();
    return 0;
}

static int at_thread(NG_BOOL not_running, int id, void *user) {
    (void)id, (void)user;
    if (not_running) mark_ended();
    return 0;
}

static int at_vectors(pvecinfoall info, int id, void *user) {
    (void)id, (void)user;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < vector_count; i++) free(vector_names[i]);
    vector_count = info->veccount < VECTORS ? info->veccount : VECTORS;
    for (int i = 0; i < vector_count; i++) vector_names[i] = strdup(info->vecs[i]->vecname);
    record_points = 0;
    pthread_mutex_unlock(&lock);
    return 0;
}

static int at_values(pvecvaluesall values, int count, int id, void *user) {
    (void)count, (void)id, (void)user;
    pthread_mutex_lock(&lock);
    if (record_points == record_room) {
        long room = record_room ? 2 * record_room : 4096;
        double *grown = realloc(record, sizeof(double) * (size_t)room * (size_t)vector_count);
        if (grown) record = grown, record_room = room;
    }
    if (record_points < record_room) {
        double *row = record + record_points * vector_count;
        for (int i = 0; i < vector_count; i++) row[i] = i < values->veccount ? values->vecsa[i]->creal : NAN;
        record_points++;
        fresh_values = true;
    }
    pthread_mutex_unlock(&lock);
    return 0;
}

static int at_source(double *value, double time, char *name, int id, void *user) {
    (void)id, (void)user;
    *value = 0.0;
    for (int i = 0; i < source_count; i++) {
        const struct source *s = &sources[i];
        if (strcasecmp(s->name, name)) continue;
        double part = s->start < 0 ? 1.0 : (time - s->start) / s->slew;
        *value = part >= 1 ? s->to : part <= 0 ? s->from : s->from + (s->to - s->from) * part;
        break;
    }
    return 0;
}

/* End a step on a time that is `left` away. Two equal steps rather than a long one and a sliver: ngspice doubles a step at most. */
static void cut(double *step, double left) {
    if (*step >= left) *step = left;
    else if (2 * *step > left) *step = left / 2;
}

static int at_step(double time, double *step, double last_step, int redo, int id, int location, void *user) {
    (void)last_step, (void)id, (void)user;
    if (location || redo) return 0;             /* a step that is tried again: already cut */
    pthread_mutex_lock(&lock);
    if (!closing && time >= target - SAME_TIME) {
        now = target > time ? target : time;
        parked = true;
        pthread_cond_broadcast(&changed);
        while (parked && !closing) pthread_cond_wait(&changed, &lock);
        if (ramp_end > time + SAME_TIME && *step > first_step) *step = first_step;
    }
    if (!closing) {
        if (ramp_end > time + SAME_TIME) cut(step, ramp_end - time);
        if (target > time + SAME_TIME) cut(step, target - time);
    }
    pthread_mutex_unlock(&lock);
    return 0;
}

/* ---- the host's side ---- */

/* Wait until the simulator has parked or ended; call with the lock held. */
static enum status wait_parked(double seconds) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    double whole = floor(seconds);
    until.tv_sec += (time_t)whole;
    until.tv_nsec += (long)((seconds - whole) * 1e9);
    if (until.tv_nsec >= 1000000000L) until.tv_sec++, until.tv_nsec -= 1000000000L;
    while (!parked && !ended)
        if (pthread_cond_timedwait(&changed, &lock, &until)) break;
    return parked ? OK : ended ? ENDED : TIMED_OUT;
}

/* Prepare ngspice. (ngSpice_nospiceinit crashes in ngspice 44: a .spiceinit of the user's is read; the host sets what it needs after it.) */
int lockstep_init(double first_step_s) {
    if (initialised || first_step_s <= 0) return MISUSED;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &attributes);
    first_step = first_step_s;
    if (ngSpice_Init(at_print, NULL, at_exit, at_values, at_vectors, at_thread, NULL)) return ENDED;
    if (ngSpice_Init_Sync(at_source, NULL, at_step, NULL, NULL)) return ENDED;
    initialised = true;
    return OK;
}

/* One ngspice command before the run (set, osdi, source, alter). */
int lockstep_command(const char *text) {
    if (!initialised || started) return MISUSED;
    int failed = ngSpice_Command((char *)text);
    return failed || ended ? ENDED : OK;
}

/* Declare the value of an external source; returns its index, or -1. */
int lockstep_source(const char *name, double volts, double slew_s) {
    if (started || source_count == SOURCES || strlen(name) >= NAME_LENGTH || slew_s <= 0) return -1;
    struct source *s = &sources[source_count];
    strcpy(s->name, name);
    s->from = s->to = volts;
    s->start = -1;
    s->slew = slew_s;
    return source_count++;
}

/* Start the transient; returns when its operating point is found and time is 0. */
int lockstep_start(double wait_s) {
    if (!initialised || started) return MISUSED;
    started = true;
    if (ngSpice_Command("bg_run")) return ENDED;
    pthread_mutex_lock(&lock);
    enum status status = wait_parked(wait_s);
    pthread_mutex_unlock(&lock);
    return status;
}

/* Let a source go to a value from the present time on. */
int lockstep_set(int index, double volts) {
    pthread_mutex_lock(&lock);
    enum status status = ended ? ENDED : !parked || index < 0 || index >= source_count ? MISUSED : OK;
    if (status == OK && volts != sources[index].to) {
        struct source *s = &sources[index];
        double part = s->start < 0 ? 1.0 : fmin((now - s->start) / s->slew, 1.0);
        s->from += (s->to - s->from) * part;    /* a ramp that still runs is left where it is */
        s->to = volts;
        s->start = now;
        ramp_end = fmax(ramp_end, now + s->slew);
    }
    pthread_mutex_unlock(&lock);
    return status;
}

/* Simulate up to a time; returns when the simulator waits there. */
int lockstep_advance(double time, double wait_s) {
    pthread_mutex_lock(&lock);
    enum status status = ended ? ENDED : parked ? OK : MISUSED;
    if (status == OK && time > now + SAME_TIME) {
        target = time;
        parked = false;
        pthread_cond_broadcast(&changed);
        status = wait_parked(wait_s);
    }
    pthread_mutex_unlock(&lock);
    return status;
}

/* Values of all vectors at the present time. */
int lockstep_values(double *values) {
    pthread_mutex_lock(&lock);
    enum status status = record_points && fresh_values ? OK : MISUSED;
    if (status == OK) memcpy(values, record + (record_points - 1) * vector_count, sizeof(double) * (size_t)vector_count);
    pthread_mutex_unlock(&lock);
    return status;
}

/* End the run; the simulator's thread is given up if it does not stop in time. */
int lockstep_stop(double wait_s) {
    if (!started) return MISUSED;
    pthread_mutex_lock(&lock);
    closing = true;
    parked = false;
    pthread_cond_broadcast(&changed);
    bool running = !ended;
    pthread_mutex_unlock(&lock);
    if (running) ngSpice_Command("bg_halt");    /* waits a second at most */
    pthread_mutex_lock(&lock);
    enum status status = wait_parked(wait_s) == ENDED ? OK : TIMED_OUT;
    pthread_mutex_unlock(&lock);
    return status;
}

int lockstep_vector_count(void) { return vector_count; }
const char *lockstep_vector_name(int index) { return index >= 0 && index < vector_count ? vector_names[index] : ""; }
long lockstep_points(void) { return record_points; }
const double *lockstep_record(void) { return record; }

/* Copy what ngspice printed, from an offset on, and end it with 0; returns the length copied. */
size_t lockstep_log(size_t offset, char *text, size_t room) {
    pthread_mutex_lock(&lock);
    size_t length = offset < log_length ? log_length - offset : 0;
    if (length > room - 1) length = room - 1;
    if (length) memcpy(text, log_text + offset, length);
    text[length] = 0;
    pthread_mutex_unlock(&lock);
    return length;
}

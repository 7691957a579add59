/* A stand-in for libnvidia-ml.so.1, which the real binding loads: four GPUs, of which one may be lost. */
#include <stdlib.h>
#include <string.h>

typedef struct { long number; } gpu;
static gpu gpus[4] = {{0}, {1}, {2}, {3}};
static int set(const char *name, int usual) { return getenv(name) ? atoi(getenv(name)) : usual; }
static int state(gpu *it) { return it->number == set("STUB_LOST", -1) ? 15 : 0; }

int nvmlInitWithFlags(unsigned flags) { return set("STUB_INIT", 0); }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 4; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, gpu **it) {
  if (index > 3) return 2;
  *it = &gpus[index];
  return state(*it);
}
int nvmlDeviceGetUUID(gpu *it, char *text, unsigned size) {
  strcpy(text, "GPU-0000aaaa");
  text[4] = '0' + it->number;
  return state(it);
}
int nvmlDeviceGetName(gpu *it, char *text, unsigned size) {
  strcpy(text, set("STUB_BYTES", 0) ? "\xf8NVIDIA" : "NVIDIA Stub");
  return state(it);
}
int nvmlSystemGetDriverVersion(char *text, unsigned size) {
  strcpy(text, set("STUB_BYTES", 0) ? "\xf8" : "575.57.08");
  return 0;
}
int nvmlDeviceGetEnforcedPowerLimit(gpu *it, unsigned *mw) { *mw = set("STUB_LIMIT", 700000); return state(it); }
int nvmlDeviceGetPowerUsage(gpu *it, unsigned *mw) { *mw = set("STUB_POWER", 300000); return state(it); }
int nvmlDeviceGetTemperature(gpu *it, int sensor, unsigned *degrees) { *degrees = set("STUB_HEAT", 61); return state(it); }
int nvmlDeviceGetMigMode(gpu *it, unsigned *now, unsigned *next) { *now = *next = set("STUB_MIG", 0); return state(it); }
int nvmlDeviceGetMaxMigDeviceCount(gpu *it, unsigned *count) { *count = 7; return state(it); }
int nvmlDeviceGetMigDeviceHandleByIndex(gpu *it, unsigned index, gpu **slice) { return 6; }

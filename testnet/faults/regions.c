/*
 * Regions of the world as network namespaces, with the distance between them: every packet that leaves a region for another
 * is read from a TUN device, waits, and is written into the other one's, unless it is lost on the way.
 *
 *   regions N SUBNET SEED
 *
 * N regions, 1 to 7. Region 0 is the namespace that the program was started in, for who wants to look from outside. Region r
 * has the one address SUBNET.r + .1 within 198.18.0.0/15, which is for measuring networks (RFC 2544); SUBNET is from 0 to
 * 63. Prints "region R fd F": /proc/<pid>/fd/F is its network namespace for nsenter. Then "ready". The namespaces have no
 * name, so they are gone with this process and those within.
 *
 * Commands on standard input, one a line; the program ends when that ends. Each is for the way from A to B only.
 *   link A B DELAY_US JITTER_US LOSS_PPM    delay on top of which up to JITTER_US is added; packets stay in order
 *   cut A B | heal A B                      nothing passes, nobody is told
 *   stats                                   "stats A B PASSED LOST" for each way that carried something, then "end"
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 8, LARGEST = 2048, BURST = 128 };
/* What a way holds at most, like the buffers of the routers on it. */
static const size_t most_waiting = 8 << 20;

struct packet { struct packet *next; uint64_t due; int length; unsigned char bytes[]; };
struct way { uint64_t delay, jitter, last_due, passed, lost; uint32_t loss; int is_cut; struct packet *first, **end; size_t waiting; };

static struct way ways[MOST][MOST];
static int tun[MOST], count, subnet;
static uint64_t random_state;

static void fail (const char *what) { perror(what); exit(1); }

static uint64_t now_us (void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t) t.tv_sec * 1000000 + (uint64_t) t.tv_nsec / 1000;
}

/* splitmix64 */
static uint64_t next_random (void) {
  uint64_t z = (random_state += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

static void set_address (int socket, struct ifreq *request, unsigned long what, uint32_t address) {
  struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(address) };
  memcpy(&request->ifr_addr, &in, sizeof in);
  if (ioctl(socket, what, request) < 0) fail("address of a region");
}

/* In the namespace that this process is in now. */
static int open_region (int region) {
  int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (device < 0) fail("/dev/net/tun");
  struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
  snprintf(request.ifr_name, IFNAMSIZ, "hg%d.%d", (int) getpid() % 1000000, region);
  if (ioctl(device, TUNSETIFF, &request) < 0) fail("TUNSETIFF");
  int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (control < 0) fail("socket");
  set_address(control, &request, SIOCSIFADDR, 0xc6120000u + (uint32_t) (subnet * MOST + region) * 256 + 1);
  set_address(control, &request, SIOCSIFNETMASK, ~(uint32_t) (MOST * 256 - 1));
  request.ifr_qlen = 5000;
  if (ioctl(control, SIOCSIFTXQLEN, &request) < 0) fail("length of the queue");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (ioctl(control, SIOCSIFFLAGS, &request) < 0) fail("up");
  if (region > 0) {
    struct ifreq loopback = { .ifr_name = "lo" };
    loopback.ifr_flags = IFF_UP | IFF_RUNNING;
    if (ioctl(control, SIOCSIFFLAGS, &loopback) < 0) fail("loopback");
  }
  close(control);
  return device;
}

static void obey (const char *line) {
  int a, b;
  unsigned long long delay, jitter, loss;
  char word[16];
  if (strncmp(line, "stats", 5) == 0) {
    for (a = 0; a <= count; a++) for (b = 0; b <= count; b++) if (ways[a][b].passed + ways[a][b].lost > 0) printf("stats %d %d %llu %llu\n", a, b, (unsigned long long) ways[a][b].passed, (unsigned long long) ways[a][b].lost);
    printf("end\n");
    return;
  }
  int words = sscanf(line, "%15s %d %d %llu %llu %llu", word, &a, &b, &delay, &jitter, &loss);
  if (words < 3 || a < 0 || b < 0 || a > count || b > count) return;
  struct way *way = &ways[a][b];
  if (strcmp(word, "link") == 0 && words == 6) { way->delay = delay; way->jitter = jitter; way->loss = (uint32_t) loss; }
  else if (strcmp(word, "cut") == 0) way->is_cut = 1;
  else if (strcmp(word, "heal") == 0) way->is_cut = 0;
}

static void take (int from) {
  static unsigned char bytes[LARGEST];
  for (int burst = 0; burst < BURST; burst++) {
    ssize_t length = read(tun[from], bytes, sizeof bytes);
    if (length < 0) { if (errno == EAGAIN || errno == EINTR) return; fail("read of a region"); }
    /* IPv4 to one of our regions; the kernel's own IPv6 chatter is nobody's */
    if (length < 20 || bytes[0] >> 4 != 4) continue;
    int to = bytes[18] % MOST;
    if (bytes[16] != 198 || to > count || to == from || bytes[18] / MOST != subnet % 32) continue;
    struct way *way = &ways[from][to];
    if (way->is_cut || next_random() % 1000000 < way->loss || way->waiting + (size_t) length > most_waiting) { way->lost++; continue; }
    struct packet *packet = malloc(sizeof *packet + (size_t) length);
    if (packet == NULL) fail("malloc");
    uint64_t due = now_us() + way->delay + (way->jitter == 0 ? 0 : next_random() % (way->jitter + 1));
    packet->due = way->last_due = due < way->last_due ? way->last_due : due;
    packet->next = NULL;
    packet->length = (int) length;
    memcpy(packet->bytes, bytes, (size_t) length);
    *way->end = packet;
    way->end = &packet->next;
    way->waiting += (size_t) length;
  }
}

/* Gives what is due. Returns when the next one is, or 0. */
static uint64_t give (void) {
  uint64_t earliest = 0, now = now_us();
  for (int a = 0; a <= count; a++) for (int b = 0; b <= count; b++) {
    struct way *way = &ways[a][b];
    while (way->first != NULL && way->first->due <= now) {
      struct packet *packet = way->first;
      way->first = packet->next;
      if (way->first == NULL) way->end = &way->first;
      way->waiting -= (size_t) packet->length;
      /* What was on its way when the cable was cut is lost, too, as is what the other side has no room for. */
      if (!way->is_cut && write(tun[b], packet->bytes, (size_t) packet->length) == packet->length) way->passed++;
      else way->lost++;
      free(packet);
    }
    if (way->first != NULL && (earliest == 0 || way->first->due < earliest)) earliest = way->first->due;
  }
  return earliest;
}

int main (int arguments, char **argument) {
  if (arguments != 4) { fprintf(stderr, "usage: regions N SUBNET SEED\n"); return 2; }
  count = atoi(argument[1]);
  subnet = atoi(argument[2]);
  random_state = strtoull(argument[3], NULL, 10);
  if (count < 1 || count >= MOST || subnet < 0 || subnet > 63) { fprintf(stderr, "regions: 1 to 7 of them, subnet 0 to 63\n"); return 2; }
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int a = 0; a < MOST; a++) for (int b = 0; b < MOST; b++) ways[a][b].end = &ways[a][b].first;
  int outside = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (outside < 0) fail("/proc/self/ns/net");
  tun[0] = open_region(0);
  for (int region = 1; region <= count; region++) {
    if (unshare(CLONE_NEWNET) < 0) fail("unshare");
    tun[region] = open_region(region);
    int space = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (space < 0) fail("/proc/self/ns/net");
    if (setns(outside, CLONE_NEWNET) < 0) fail("setns");
    printf("region %d fd %d\n", region, space);
  }
  printf("ready\n");
  char input[4096];
  size_t have = 0;
  for (;;) {
    struct pollfd polls[MOST + 1];
    for (int region = 0; region <= count; region++) polls[region] = (struct pollfd) { .fd = tun[region], .events = POLLIN };
    polls[count + 1] = (struct pollfd) { .fd = 0, .events = POLLIN };
    uint64_t due = give(), now = now_us();
    uint64_t wait = due == 0 ? 3600000000ull : due > now ? due - now : 0;
    struct timespec timeout = { .tv_sec = (time_t) (wait / 1000000), .tv_nsec = (long) (wait % 1000000) * 1000 };
    if (ppoll(polls, (nfds_t) count + 2, &timeout, NULL) < 0 && errno != EINTR) fail("ppoll");
    if (polls[count + 1].revents != 0) {
      ssize_t length = read(0, input + have, sizeof input - 1 - have);
      if (length <= 0) return 0;
      have += (size_t) length;
      input[have] = 0;
      char *line = input;
      for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) { *end = 0; obey(line); }
      have = strlen(line);
      memmove(input, line, have + 1);
      if (have == sizeof input - 1) have = 0;
    }
    for (int region = 0; region <= count; region++) if (polls[region].revents & POLLIN) take(region);
  }
}

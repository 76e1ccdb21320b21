#include "CMicroHTTPD.h"

#include <dlfcn.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>

#define FUNCTIONS(use)                                                                                                                      \
    use(MHD_start_daemon) use(MHD_stop_daemon) use(MHD_run) use(MHD_get_timeout) use(MHD_get_daemon_info)                                   \
    use(MHD_lookup_connection_value) use(MHD_suspend_connection) use(MHD_resume_connection) use(MHD_create_response_from_buffer)            \
    use(MHD_add_response_header) use(MHD_queue_response) use(MHD_destroy_response)

static struct {
#define DECLARE(name) __typeof__(&name) name;
    FUNCTIONS(DECLARE)
#undef DECLARE
} library;

/* Stays open: the process that has served once may serve again. */
static void *handle;

bool inferix_http_open(void)
{
    if (handle)
        return true;
    void *opened = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);
    if (!opened)
        return false;
    bool complete = true;
#define FIND(name)                                                                                                                          \
    library.name = (__typeof__(&name))dlsym(opened, #name);                                                                                 \
    complete = complete && library.name;
    FUNCTIONS(FIND)
#undef FIND
    if (!complete) {
        dlclose(opened);
        return false;
    }
    handle = opened;
    return true;
}

/* A daemon and what its callbacks find again. */
struct InferixHTTPServer {
    struct MHD_Daemon *daemon;
    InferixHTTPHandler handler;
    InferixHTTPCompleted completed;
    void *context;
};

static enum MHD_Result requested(
    void *raw, struct MHD_Connection *connection, const char *url, const char *method, const char *version, const char *body, size_t *size,
    void **slot)
{
    (void)version;
    (void)body;
    struct InferixHTTPServer *server = raw;
    return server->handler(server->context, connection, url, method, size, slot) == INFERIX_HTTP_GO_ON ? MHD_YES : MHD_NO;
}

static void completed(void *raw, struct MHD_Connection *connection, void **slot, enum MHD_RequestTerminationCode reason)
{
    (void)connection;
    (void)reason;
    struct InferixHTTPServer *server = raw;
    server->completed(server->context, slot);
}

InferixHTTPServer inferix_http_start(
    const struct sockaddr *address, InferixHTTPHandler handler, InferixHTTPCompleted on_completed, void *context,
    unsigned int connections_max, unsigned int idle_seconds_max, size_t connection_memory)
{
    if (!inferix_http_open()) {
        errno = ENOSYS;
        return NULL;
    }
    struct InferixHTTPServer *server = malloc(sizeof *server);
    if (!server)
        return NULL;
    *server = (struct InferixHTTPServer){.handler = handler, .completed = on_completed, .context = context};
    unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
    if (address->sa_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    server->daemon = library.MHD_start_daemon(
        flags, 0, NULL, NULL, requested, server, MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_NOTIFY_COMPLETED, completed, server,
        MHD_OPTION_CONNECTION_LIMIT, connections_max, MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds_max,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_memory, MHD_OPTION_END);
    if (!server->daemon) {
        int reason = errno;
        free(server);
        errno = reason;
        return NULL;
    }
    return server;
}

int inferix_http_descriptor(InferixHTTPServer server)
{
    const union MHD_DaemonInfo *info = library.MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info ? info->epoll_fd : -1;
}

unsigned int inferix_http_port(InferixHTTPServer server)
{
    const union MHD_DaemonInfo *info = library.MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}

long long inferix_http_timeout(InferixHTTPServer server)
{
    MHD_UNSIGNED_LONG_LONG milliseconds = 0;
    return library.MHD_get_timeout(server->daemon, &milliseconds) == MHD_YES ? (long long)milliseconds : -1;
}

void inferix_http_run(InferixHTTPServer server) { library.MHD_run(server->daemon); }

void inferix_http_stop(InferixHTTPServer server)
{
    /* The last calls of the callbacks come from inside this. */
    library.MHD_stop_daemon(server->daemon);
    free(server);
}

const char *inferix_http_header(InferixHTTPConnection connection, const char *name)
{
    return library.MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

void inferix_http_suspend(InferixHTTPConnection connection) { library.MHD_suspend_connection(connection); }

void inferix_http_resume(InferixHTTPConnection connection) { library.MHD_resume_connection(connection); }

int inferix_http_send(
    InferixHTTPConnection connection, unsigned int status, const void *body, size_t size, const char *content_type, const char *name,
    const char *value)
{
    struct MHD_Response *response = library.MHD_create_response_from_buffer(size, (void *)body, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return INFERIX_HTTP_CLOSE;
    library.MHD_add_response_header(response, "Content-Type", content_type);
    library.MHD_add_response_header(response, "Cache-Control", "no-store");
    if (name)
        library.MHD_add_response_header(response, name, value);
    enum MHD_Result queued = library.MHD_queue_response(connection, status, response);
    library.MHD_destroy_response(response);
    return queued == MHD_YES ? INFERIX_HTTP_GO_ON : INFERIX_HTTP_CLOSE;
}

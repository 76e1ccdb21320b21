// The binary tree, on several threads.
//
// A range of references is divided by what it holds alone, and two ranges share nothing: so subtrees are built by whichever thread is free,
// and the tree is the same on any number of threads, down to the order of the references in its leaves.
#include "tree.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

/// Fewer references than this are built before a second thread has started.
#define RK_SHARED_MIN 32768u
/// Subtrees for each thread: so many that all end at about the same time.
#define RK_SUBTREES_PER_THREAD 8u
#define RK_THREADS_MAX 64u

typedef struct {
    uint32_t node, first, count, depth;
} RkTask;

/// Builds on from one node of `nodes`. Ranges of at most `few` references go to `later` instead, where that is not NULL.
static bool rk_grow_tree(RkBudget *budget, RkReference *references, RkArray *nodes, RkTask root, uint32_t few, RkArray *later) {
    // Every level leaves one waiting task; depth is bounded by RK_SAH_DEPTH_MAX and halving.
    RkTask stack[RK_SAH_DEPTH_MAX + 40];
    uint32_t top = 0;
    stack[top++] = root;
    while (top > 0) {
        RkTask task = stack[--top];
        if (later != NULL && task.count <= few) {
            if (!rk_append_copy(budget, later, &task, 1, sizeof task)) return false;
            continue;
        }
        RkReference *r = references + task.first;
        RkBox box = rk_empty_box, middles = rk_empty_box;
        for (uint32_t k = 0; k < task.count; k++) {
            rk_grow(&box, &r[k].box);
            RkBox point;
            for (int axis = 0; axis < 3; axis++) point.low[axis] = point.high[axis] = rk_middle(&r[k].box, axis);
            rk_grow(&middles, &point);
        }
        uint32_t left = rk_divide(r, task.count, &box, &middles, task.depth);
        RkBinaryNode *node = (RkBinaryNode *)nodes->data + task.node;
        node->box = box;
        if (left == 0) {
            node->left = task.first;
            node->count = task.count;
            continue;
        }
        uint32_t child = (uint32_t)nodes->count;
        node->left = child;
        node->count = 0;
        if (rk_append(budget, nodes, 2, sizeof(RkBinaryNode)) == NULL) return false;
        // The smaller half first from the stack, so that few tasks wait.
        RkTask a = {child, task.first, left, task.depth + 1};
        RkTask c = {child + 1, task.first + left, task.count - left, task.depth + 1};
        if (top + 2 > sizeof stack / sizeof stack[0]) return false;
        stack[top++] = a.count > c.count ? a : c;
        stack[top++] = a.count > c.count ? c : a;
    }
    return true;
}

/// The subtrees that threads build, each in nodes of its own.
typedef struct {
    RkBudget *budget;
    RkReference *references;
    const RkTask *tasks;
    RkArray *trees;
    uint32_t count;
    atomic_uint next;
    atomic_bool failed;
} RkForest;

static void *rk_grow_forest(void *context) {
    RkForest *forest = context;
    RkFloatState state = rk_enter_profile();
    for (uint32_t k; !atomic_load(&forest->failed) && (k = atomic_fetch_add(&forest->next, 1)) < forest->count;) {
        RkTask root = forest->tasks[k];
        root.node = 0;
        RkArray *nodes = forest->trees + k;
        if (rk_append(forest->budget, nodes, 1, sizeof(RkBinaryNode)) == NULL
            || !rk_grow_tree(forest->budget, forest->references, nodes, root, 0, NULL))
            atomic_store(&forest->failed, true);
    }
    rk_leave_profile(state);
    return NULL;
}

/// Puts a subtree in the place that was left for it: its root over the node that waits, the others at the end.
static bool rk_plant(RkBudget *budget, RkArray *nodes, uint32_t place, const RkArray *tree) {
    uint32_t base = (uint32_t)nodes->count;
    const RkBinaryNode *from = tree->data;
    if (tree->count > 1 && !rk_append_copy(budget, nodes, from + 1, tree->count - 1, sizeof(RkBinaryNode))) return false;
    RkBinaryNode *to = nodes->data;
    to[place] = from[0];
    // Children of inner nodes have moved; the references of leaves have not.
    if (to[place].count == 0) to[place].left += base - 1;
    for (size_t k = base; k < nodes->count; k++) {
        if (to[k].count == 0) to[k].left += base - 1;
    }
    return true;
}

static bool rk_build_shared(RkBuilder *b, uint32_t count, uint32_t threads) {
    RkBudget *budget = rk_budget(b->scene);
    RkArray tasks = {0};
    uint32_t few = count / (RK_SUBTREES_PER_THREAD * threads);
    bool good = rk_grow_tree(budget, b->references, &b->binary, (RkTask){0, 0, count, 0}, few, &tasks);
    RkArray *trees = good ? rk_allocate(budget, tasks.count, sizeof(RkArray)) : NULL;
    if (trees != NULL) {
        memset(trees, 0, tasks.count * sizeof(RkArray));
        RkForest forest = {budget, b->references, tasks.data, trees, (uint32_t)tasks.count, 0, false};
        pthread_t started[RK_THREADS_MAX];
        uint32_t helping = 0;
        while (helping + 1 < threads && pthread_create(&started[helping], NULL, rk_grow_forest, &forest) == 0) helping++;
        rk_grow_forest(&forest);
        for (uint32_t k = 0; k < helping; k++) pthread_join(started[k], NULL);
        good = !atomic_load(&forest.failed);
        for (size_t k = 0; k < tasks.count; k++) {
            if (good) good = rk_plant(budget, &b->binary, ((const RkTask *)tasks.data)[k].node, trees + k);
            rk_array_free(budget, trees + k);
        }
        rk_release(budget, trees, tasks.count, sizeof(RkArray));
    } else {
        good = false;
    }
    rk_array_free(budget, &tasks);
    return good;
}

bool rk_build_binary(RkBuilder *b, uint32_t count) {
    RkBudget *budget = rk_budget(b->scene);
    if (rk_append(budget, &b->binary, 1, sizeof(RkBinaryNode)) == NULL) return false;
    uint32_t threads = b->scene->model->threads < RK_THREADS_MAX ? b->scene->model->threads : RK_THREADS_MAX;
    if (threads > 1 && count >= RK_SHARED_MIN) return rk_build_shared(b, count, threads);
    return rk_grow_tree(budget, b->references, &b->binary, (RkTask){0, 0, count, 0}, 0, NULL);
}

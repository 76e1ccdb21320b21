// Vectors as wide as a node and as a pack.

#if RK_NODE_WIDTH == 8
typedef float8 rk_node_lanes;
#define RK_NODE_SPLAT(x) SPLAT8(x)
#define RK_NODE_LOAD(p) rk_load8(p)
#define RK_NODE_MASK(lanes) rk_mask8(lanes)
#define RK_NODE_STORE(lanes, p) rk_store8(lanes, p)
#else
typedef rk_lanes4 rk_node_lanes;
#define RK_NODE_SPLAT(x) SPLAT_LANES4(x)
#define RK_NODE_LOAD(p) rk_load_lanes4(p)
#define RK_NODE_MASK(lanes) rk_mask4(lanes)
#define RK_NODE_STORE(lanes, p) rk_store_lanes4(lanes, p)
#endif

#if RK_PACK_WIDTH == 8
typedef float8 rk_pack_lanes;
typedef int8 rk_pack_mask;
#define RK_PACK_SPLAT(x) SPLAT8(x)
#define RK_PACK_LOAD(p) rk_load8(p)
#define RK_PACK_MASK(lanes) rk_mask8(lanes)
#define RK_PACK_STORE(lanes, p) rk_store8(lanes, p)
#else
typedef rk_lanes4 rk_pack_lanes;
typedef int4 rk_pack_mask;
#define RK_PACK_SPLAT(x) SPLAT_LANES4(x)
#define RK_PACK_LOAD(p) rk_load_lanes4(p)
#define RK_PACK_MASK(lanes) rk_mask4(lanes)
#define RK_PACK_STORE(lanes, p) rk_store_lanes4(lanes, p)
#endif

// Camera rays: the pixel filter moves the ray, so that a sample belongs to one pixel with weight 1.

RK_FN float rk_filter_offset(RK_GLOBAL const RkView *view, float u) {
    if (view->filter == 0u) return u - 0.5f;
    float x = u * (float)RK_FILTER_ENTRIES;
    int cell = (int)x;
    cell = cell < RK_FILTER_ENTRIES - 1 ? cell : RK_FILTER_ENTRIES - 1;
    float a = view->filterOffset[cell], b = view->filterOffset[cell + 1];
    return a + (b - a) * (x - (float)cell);
}

/// `random` holds the filter's and the lens's dimensions.
RK_FN RkRay rk_camera_ray(RK_GLOBAL const RkView *view, uint x, uint y, float4 random) {
    float px = ((float)x + 0.5f) + rk_filter_offset(view, random.x);
    float py = ((float)y + 0.5f) + rk_filter_offset(view, random.y);
    float sx = (2.0f * px / (float)view->width - 1.0f) * view->halfWidth;
    float sy = (1.0f - 2.0f * py / (float)view->height) * view->halfHeight;
    float3 origin = F3(view->originX, view->originY, view->originZ);
    float3 right = F3(view->rightX, view->rightY, view->rightZ);
    float3 up = F3(view->upX, view->upY, view->upZ);
    float3 forward = F3(view->forwardX, view->forwardY, view->forwardZ);
    float3 direction = forward;
    if (view->cameraKind == RK_CAMERA_PERSPECTIVE) direction = (forward + right * sx) + up * sy;
    else origin = (origin + right * sx) + up * sy;
    if (view->lensRadius > 0.0f) {
        float radius = view->lensRadius * rk_sqrt(random.z);
        float2 sc = rk_sincos(2.0f * RK_PI * random.w);
        float3 shift = right * (radius * sc.y) + up * (radius * sc.x);
        direction = direction * view->focusDistance - shift;
        origin = origin + shift;
    }
    RkRay ray;
    ray.origin = origin;
    ray.direction = rk_normalize(direction);
    float cosine = rk_dot(ray.direction, forward);
    ray.tMin = view->near / cosine;
    ray.tMax = view->far / cosine;
    return ray;
}

// OpenCL 1.2, opened at run time: programs start on machines without it.
#pragma once

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

/// Loads libOpenCL.so.1 once and looks up the functions below. NULL on success, else a text that says what is missing.
/// Calling a function before this succeeded gives OCL_NOT_OPEN, or NULL.
const char *ocl_open(void);

#define OCL_NOT_OPEN (-10000)

cl_int ocl_get_platforms(cl_uint capacity, cl_platform_id *platforms, cl_uint *count);
cl_int ocl_get_platform_info(cl_platform_id platform, cl_platform_info name, size_t size, void *value, size_t *needed);
cl_int ocl_get_devices(cl_platform_id platform, cl_uint capacity, cl_device_id *devices, cl_uint *count);
cl_int ocl_get_device_info(cl_device_id device, cl_device_info name, size_t size, void *value, size_t *needed);
cl_context ocl_create_context(cl_platform_id platform, cl_device_id device, cl_int *status);
cl_command_queue ocl_create_queue(cl_context context, cl_device_id device, cl_int *status);
cl_program ocl_create_program_from_text(cl_context context, const char *text, size_t length, cl_int *status);
cl_program ocl_create_program_from_binary(
    cl_context context, cl_device_id device, const unsigned char *binary, size_t length, cl_int *status);
cl_int ocl_build_program(cl_program program, cl_device_id device, const char *options);
cl_int ocl_get_build_log(cl_program program, cl_device_id device, size_t size, char *text, size_t *needed);
/// Size and bytes of the program's one binary.
cl_int ocl_get_binary_size(cl_program program, size_t *size);
cl_int ocl_get_binary(cl_program program, unsigned char *bytes);
cl_kernel ocl_create_kernel(cl_program program, const char *name, cl_int *status);
cl_int ocl_set_argument(cl_kernel kernel, cl_uint index, size_t size, const void *value);
cl_mem ocl_create_buffer(cl_context context, cl_mem_flags flags, size_t size, void *host, cl_int *status);
/// Blocking.
cl_int ocl_write(cl_command_queue queue, cl_mem buffer, size_t size, const void *from);
cl_int ocl_read(cl_command_queue queue, cl_mem buffer, size_t size, void *to);
/// One-dimensional range.
cl_int ocl_launch(cl_command_queue queue, cl_kernel kernel, size_t global, size_t local);
cl_int ocl_finish(cl_command_queue queue);

void ocl_release_buffer(cl_mem buffer);
void ocl_release_kernel(cl_kernel kernel);
void ocl_release_program(cl_program program);
void ocl_release_queue(cl_command_queue queue);
void ocl_release_context(cl_context context);

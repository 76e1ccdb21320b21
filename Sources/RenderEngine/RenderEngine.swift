// RenderEngine

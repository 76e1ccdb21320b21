// SceneIO
